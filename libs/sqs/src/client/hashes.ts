import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

import type { SQSClientConfig } from '@aws-sdk/client-sqs';

type Secret = string | ArrayBuffer | ArrayBufferView;

const nothing: Uint8Array = new Uint8Array();

/**
 * The hashes of signatures and message bodies in one call of OpenSSL each: the SDK's own keep a context they copy, which costs
 * half as much again for what is hashed a dozen times a request. Undefined where this Node has no MD5 (FIPS): the SDK has its own.
 */
export function oneShotHashes(): Pick<SQSClientConfig, 'md5' | 'sha256'> {
  return { sha256: sha256With(new SecretKeys()), ...(hasMd5() ? { md5: Md5 } : {}) };
}

class Md5 {
  #data = nothing;

  update(chunk: Uint8Array): void {
    this.#data = joined(this.#data, chunk);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(hash('md5', this.#data, 'buffer'));
  }

  reset(): void {
    this.#data = nothing;
  }
}

/** An HMAC where there is a secret. */
function sha256With(keys: SecretKeys): NonNullable<SQSClientConfig['sha256']> {
  return class Sha256 {
    #data = nothing;

    constructor(private readonly secret?: Secret) {}

    update(chunk: Uint8Array): void {
      this.#data = joined(this.#data, chunk);
    }

    digest(): Promise<Uint8Array> {
      const { secret } = this;
      if (secret === undefined) return Promise.resolve(hash('sha256', this.#data, 'buffer'));
      return Promise.resolve(createHmac('sha256', keys.of(secret)).update(this.#data).digest());
    }

    reset(): void {
      this.#data = nothing;
    }
  };
}

/** Keys made of bytes, for as long as these are kept: Node 24 takes six times as long for an HMAC with bytes as with a key. */
class SecretKeys {
  readonly #keys = new WeakMap<ArrayBuffer | ArrayBufferView, KeyObject>();

  of(secret: Secret): string | KeyObject {
    if (typeof secret === 'string') return secret;
    const key = this.#keys.get(secret) ?? createSecretKey(bytes(secret));
    this.#keys.set(secret, key);
    return key;
  }
}

function joined(before: Uint8Array, chunk: Uint8Array): Uint8Array {
  return before.length === 0 ? chunk : Buffer.concat([before, chunk]);
}

function bytes(secret: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(secret)
    ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
    : new Uint8Array(secret);
}

function hasMd5(): boolean {
  try {
    return hash('md5', '') !== '';
  } catch {
    return false;
  }
}
