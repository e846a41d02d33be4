import { ImproperlyConfigured } from '../errors.js';

/** Where in S3 results are kept. */
export interface S3Location {
  /** Celery's `s3_bucket`. */
  readonly s3Bucket: string;
  /** Celery's `s3_base_path`: put before every key as it is, without a slash between them. Default: none. */
  readonly s3BasePath?: string;
}

/** The schemes that name a bucket. */
export const S3_SCHEMES: ReadonlySet<string> = new Set(['s3']);

const EXPECTED = 's3://bucket or s3://bucket/base/path/';

/**
 * Reads `s3://bucket/base/path/`. Celery takes the scheme alone from its URL, and all else from its settings: the path is its
 * `s3_base_path`, the slash at its end included.
 *
 * @throws ImproperlyConfigured without the URL in it: it may hold a key
 */
export function parseS3Url(url: string): S3Location {
  const parts = /^s3(?::\/\/([^/?#]*)\/?([^?#]*)(.*))?$/is.exec(url);
  if (!parts) throw invalid("its scheme is not 's3'");
  const [, authority = '', path = '', more = ''] = parts;
  // Celery reads no keys from it either, and so they would reach nobody but logs.
  if (authority.includes('@')) throw invalid('it holds credentials, which are taken from where the AWS SDK finds them');
  if (more !== '') throw invalid('it has parameters: give s3Region and s3EndpointUrl to new S3ResultStore(…)');
  if (authority === '') throw invalid('it names no bucket');
  return checkedLocation({ s3Bucket: authority, ...(path !== '' && { s3BasePath: decoded(path) }) });
}

/** @throws ImproperlyConfigured for what cannot be a bucket */
export function checkedLocation(location: S3Location): S3Location {
  if (/^[a-z\d][\w.-]*$/i.test(location.s3Bucket)) return location;
  throw invalid('its bucket is not the name of one');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw invalid('its path is not percent-encoded');
  }
}

function invalid(problem: string): ImproperlyConfigured {
  return new ImproperlyConfigured(`The S3 URL is not usable: ${problem}. Expected: ${EXPECTED}`);
}
