import { ImproperlyConfigured } from '../errors.js';

/** As much of an `S3Client` of the package `@aws-sdk/client-s3` as is used. */
export interface S3ClientLike {
  send(command: object): Promise<unknown>;
  destroy(): void;
}

/** An object's place. */
export interface ObjectPlace {
  readonly Bucket: string;
  readonly Key: string;
}

/** What is written, and what must be true of the object meanwhile. */
export interface ObjectWrite extends ObjectPlace {
  readonly Body: string;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

/** As much of the package as is used. */
export interface S3Package {
  readonly S3Client: new (config: object) => S3ClientLike;
  readonly GetObjectCommand: new (input: ObjectPlace) => object;
  readonly PutObjectCommand: new (input: ObjectWrite) => object;
  readonly DeleteObjectCommand: new (input: ObjectPlace) => object;
}

/** Imports the package, whose types a user need not have; replaced in tests. */
export type ImportS3 = () => Promise<S3Package>;

/** @throws (rejects) ImproperlyConfigured when it is missing */
export async function loadS3(importS3: ImportS3 = () => import('@aws-sdk/client-s3')): Promise<S3Package> {
  try {
    return await importS3();
  } catch (cause) {
    throw new ImproperlyConfigured(
      'A result store in S3 needs the package @aws-sdk/client-s3, which cannot be imported: npm install @aws-sdk/client-s3',
      { cause },
    );
  }
}
