export type { S3ConnectionOptions } from './s3-bucket.js';
export type { ImportS3, ObjectPlace, ObjectWrite, S3ClientLike, S3Package } from './s3-package.js';
export { S3ResultStore, type S3ResultStoreOptions } from './s3-result-store.js';
export { parseS3Url, S3_SCHEMES, type S3Location } from './s3-url.js';
