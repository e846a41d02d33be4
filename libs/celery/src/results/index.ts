export { COMPRESSED_MAGIC, decompressRecord, isCompressedRecord } from './compressed-record.js';
export { decodeGroupMeta, decodeTaskMeta } from './decode-task-meta.js';
export { encodeGroupMeta, encodeTaskMeta } from './encode-task-meta.js';
export { exceptionInfoOf, FOREIGN_MODULE } from './exception-info-of.js';
export { EXCEPTION_STATES, isExceptionInfo } from './exception-record.js';
export { errorOf, RemoteTaskError } from './remote-task-error.js';
export { keyPrefix, resultKeys, type ResultKeys } from './result-keys.js';
export { readResultTuple } from './result-tuple.js';
export { tracebackOf } from './traceback-of.js';
