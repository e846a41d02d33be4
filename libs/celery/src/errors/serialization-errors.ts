import { SqsCeleryError } from './sqs-celery-error.js';

/*
 * SqsCeleryError
 *  ├ EncodeError                     a value has no form on the wire
 *  ├ DecodeError                     the wire holds what is no value
 *  │  ├ NestingTooDeepError
 *  │  └ DecompressedTooLargeError
 *  ├ ContentDisallowed               a content type that is not accepted (kombu's name)
 *  └ UnsupportedCompressionError     no library for a compression, or for this direction of it
 */

/** A value cannot be written: kombu's `EncodeError`. Says where the value is (`$.args[0].x`), never what it is. */
export class EncodeError extends SqsCeleryError {
  /** Where in the encoded value: `$` is the value itself. */
  readonly path: string;

  constructor(problem: string, path: string, options?: ErrorOptions) {
    super('SQS_CELERY_ENCODE', `Cannot encode ${path}: ${problem}`, options);
    this.path = path;
  }
}

/** Text or bytes cannot be read: kombu's `DecodeError`. Python deletes such a message. */
export class DecodeError extends SqsCeleryError {
  constructor(problem: string, options?: ErrorOptions & { code?: string }) {
    super(options?.code ?? 'SQS_CELERY_DECODE', problem, options);
  }
}

/** Arrays and objects are nested deeper than a decoder follows them. */
export class NestingTooDeepError extends DecodeError {
  constructor(maxDepth: number) {
    super(`The JSON is nested deeper than ${maxDepth} levels`, { code: 'SQS_CELERY_NESTING_TOO_DEEP' });
  }
}

/** A compressed body holds more than the receiver allows. Raised before that much memory is taken. */
export class DecompressedTooLargeError extends DecodeError {
  /** The allowed size in bytes. */
  readonly maxBytes: number;

  constructor(contentType: string, maxBytes: number, options?: ErrorOptions) {
    super(`The ${contentType} body is larger than ${maxBytes} bytes when decompressed`, {
      ...options,
      code: 'SQS_CELERY_DECOMPRESSED_TOO_LARGE',
    });
    this.maxBytes = maxBytes;
  }
}

/** A content type that the receiver does not accept: kombu's `ContentDisallowed`. */
export class ContentDisallowed extends SqsCeleryError {
  /** The MIME type of the refused body. */
  readonly contentType: string;

  constructor(contentType: string, name: string = contentType) {
    super(
      'SQS_CELERY_CONTENT_DISALLOWED',
      `Refusing to deserialize untrusted content of type ${name} (${contentType})`,
    );
    this.contentType = contentType;
  }
}

/** No compressor for a name, or none for this direction; the message says which package to install, if one helps. */
export class UnsupportedCompressionError extends SqsCeleryError {
  constructor(problem: string, options?: ErrorOptions) {
    super('SQS_CELERY_UNSUPPORTED_COMPRESSION', problem, options);
  }
}
