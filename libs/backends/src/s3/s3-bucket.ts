import { BackendError, ImproperlyConfigured } from '../errors.js';
import { isLostRace, isUnconditional, nameOf, requestFailure } from './s3-failure.js';
import { loadS3, type ImportS3, type S3ClientLike, type S3Package } from './s3-package.js';
import type { S3Location } from './s3-url.js';

/** How S3 is reached. */
export interface S3ConnectionOptions {
  /** Celery's `s3_region`. Default: where the AWS SDK finds one (`AWS_REGION`). */
  readonly s3Region?: string;
  /** Celery's `s3_endpoint_url`. Default: where the AWS SDK finds one (`AWS_ENDPOINT_URL_S3`), or AWS itself. */
  readonly s3EndpointUrl?: string;
  /** An `S3Client` of yours, which stays yours to destroy. Default: one with the SDK's own credentials. */
  readonly client?: S3ClientLike;
  /** Imports the package `@aws-sdk/client-s3`. Default: Node's own import. */
  readonly importS3?: ImportS3;
}

/** An object as it was read. */
export interface S3Object {
  readonly bytes: Uint8Array;
  /** What a write of its successor has to name, where the store gives one. */
  readonly etag: string | undefined;
}

/** What a write replaces: an object as it was read, nothing, or whatever is there. */
export type Replaced = S3Object | 'nothing' | 'anything';

/** What GetObject answers. */
interface GotObject {
  readonly Body?: { transformToByteArray(): Promise<Uint8Array> };
  readonly ETag?: string;
}

interface Opened {
  readonly s3: S3Package;
  readonly client: S3ClientLike;
}

/** A request that gets no answer must not hold the slot of a task for ever; the SDK itself would wait. */
const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 10_000, throwOnRequestTimeout: true };

/** The objects below a base path of a bucket. The package is loaded with the first request. */
export class S3Bucket {
  readonly #location: S3Location;
  readonly #options: S3ConnectionOptions;
  #opening: Promise<Opened> | undefined;
  #closed = false;
  /** Whether conditions are left out: the store has refused one. */
  #unconditional = false;

  constructor(location: S3Location, options: S3ConnectionOptions) {
    this.#location = location;
    this.#options = options;
  }

  /** @throws (rejects) BackendError @throws (rejects) ImproperlyConfigured */
  async get(key: string): Promise<S3Object | undefined> {
    return this.#request('GetObject', async ({ s3, client }) => {
      try {
        const { Body, ETag } = (await client.send(new s3.GetObjectCommand(this.#place(key)))) as GotObject;
        return { bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(), etag: ETag };
      } catch (error) {
        if (nameOf(error) === 'NoSuchKey') return undefined;
        throw error;
      }
    });
  }

  /**
   * Resolves with false where `replaced` is not what is there any more, as far as the store can tell.
   * @throws (rejects) BackendError @throws (rejects) ImproperlyConfigured
   */
  async put(key: string, text: string, replaced: Replaced): Promise<boolean> {
    const condition = this.#unconditional ? {} : conditionOf(replaced);
    return this.#request('PutObject', async ({ s3, client }) => {
      try {
        await client.send(new s3.PutObjectCommand({ ...this.#place(key), Body: text, ...condition }));
        return true;
      } catch (error) {
        const isConditional = Object.keys(condition).length > 0;
        if (isConditional && isUnconditional(error)) this.#unconditional = true;
        else if (!isConditional || !isLostRace(error)) throw error;
        return false;
      }
    });
  }

  /** @throws (rejects) BackendError @throws (rejects) ImproperlyConfigured */
  async delete(key: string): Promise<void> {
    await this.#request('DeleteObject', ({ s3, client }) => client.send(new s3.DeleteObjectCommand(this.#place(key))));
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#options.client) return;
    // One that could not be made has told whoever asked for it.
    const opened = await this.#opening?.catch(() => undefined);
    opened?.client.destroy();
  }

  async #request<Answer>(operation: string, work: (opened: Opened) => Promise<Answer>): Promise<Answer> {
    if (this.#closed) throw new BackendError(`${this.#where} is closed`);
    try {
      return await work(await this.#open());
    } catch (error) {
      throw error instanceof ImproperlyConfigured ? error : requestFailure(this.#where, operation, error);
    }
  }

  async #open(): Promise<Opened> {
    this.#opening ??= this.#make();
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async #make(): Promise<Opened> {
    const { client, importS3, s3Region: region, s3EndpointUrl: endpoint } = this.#options;
    const s3 = await loadS3(importS3);
    const config = { requestHandler: TIMEOUTS, ...(region && { region }), ...(endpoint && { endpoint }) };
    return { s3, client: client ?? new s3.S3Client(config) };
  }

  #place(key: string): { readonly Bucket: string; readonly Key: string } {
    const { s3Bucket, s3BasePath = '' } = this.#location;
    return { Bucket: s3Bucket, Key: `${s3BasePath}${key}` };
  }

  get #where(): string {
    const { s3Bucket, s3BasePath = '' } = this.#location;
    return `s3://${s3Bucket}/${s3BasePath}`;
  }
}

function conditionOf(replaced: Replaced): { readonly IfMatch?: string; readonly IfNoneMatch?: string } {
  if (replaced === 'anything') return {};
  if (replaced === 'nothing') return { IfNoneMatch: '*' };
  return replaced.etag === undefined ? {} : { IfMatch: replaced.etag };
}
