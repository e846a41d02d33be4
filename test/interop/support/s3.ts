import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { credentials, startEndpoint, type Endpoint } from './endpoint.js';

/** A bucket of the test's own, in a moto server. */
export class S3Bucket {
  private constructor(
    private readonly endpoint: Endpoint,
    readonly client: S3Client,
    readonly name: string,
  ) {}

  static async start(motoPython: string): Promise<S3Bucket> {
    const endpoint = await startEndpoint('moto', motoPython);
    const client = new S3Client({ endpoint: endpoint.url, region: endpoint.region, credentials });
    const bucket = new S3Bucket(endpoint, client, 'results');
    await client.send(new CreateBucketCommand({ Bucket: bucket.name }));
    return bucket;
  }

  get url(): string {
    return this.endpoint.url;
  }

  /** Celery's settings of results below a base path. */
  settings(basePath: string): Record<string, unknown> {
    return {
      result_backend: 's3://',
      s3_bucket: this.name,
      s3_base_path: basePath,
      s3_endpoint_url: this.url,
      s3_region: this.endpoint.region,
      s3_access_key_id: credentials.accessKeyId,
      s3_secret_access_key: credentials.secretAccessKey,
    };
  }

  /** Keys of all objects below a base path, in order. */
  async keys(basePath: string): Promise<string[]> {
    const { Contents = [] } = await this.client.send(new ListObjectsV2Command({ Bucket: this.name, Prefix: basePath }));
    return Contents.flatMap(({ Key }) => Key ?? []);
  }

  async text(key: string): Promise<string> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    return (await Body?.transformToString()) ?? '';
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.endpoint.stop();
  }
}
