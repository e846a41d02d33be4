export { ResultBackend, type ResultBackendDeps } from './async-result-backend.js';
export { AsyncResult, type AsyncResultInit, type GetOptions } from './async-result.js';
export type { CanvasOptions } from './canvas-options.js';
export { GroupResult, type MemberResult } from './canvas-results.js';
export type { CanvasDeps } from './canvas-sender.js';
export { EtaCheck, type LongEta } from './eta-check.js';
export { Producer, type ParentTask, type ProducerDeps } from './producer.js';
export { Publisher, type PublisherDeps } from './publisher.js';
export type { FromArguments, SendOptions } from './send-options.js';
