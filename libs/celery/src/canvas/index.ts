export { firstOf, resultTuple, type CanvasResult } from './canvas-result.js';
export { chain, chord, group, type ChordHeader } from './canvas.js';
export { immutable, withOptions } from './changes.js';
export { chordAddition, type ChordAddition } from './chord-addition.js';
export { chordStartOf, chordsOf } from './chord-start.js';
export { freeze, type Frozen, type NewId, type Place } from './freeze.js';
export { link, linkError } from './linking.js';
export { chunks, expandChunks, map, starmap, type MappedTask } from './maps.js';
export type { PartialCall } from './merge.js';
export { planCanvas, type CanvasAction, type CanvasPlan, type PlanContext } from './plan-canvas.js';
export { checkReplacement, replacementOf, type ReplacedTask } from './replacement.js';
export { isGroup, signatureList, tasksOf } from './primitives.js';
export { routedCall } from './routed-call.js';
export { readSignature, type SignatureJson, type SubtaskType } from './signature-json.js';
export { isSingleTask, queueOfSignature, signatureMessage, type SignatureCall } from './signature-message.js';
export type {
  ByKind,
  GroupSignature,
  Signature,
  SignatureLike,
  SignatureResult,
  SignatureResults,
} from './signature-type.js';
export { signature, wireOptions, type SignatureInit, type SignatureOptions } from './signature.js';
export { textOption } from './text-option.js';
export { stampMarks, stampMarksOf, type StampValue, type StampedHeaders } from './stamp-mark.js';
export { stamp, type Stamps } from './stamp.js';
