import type { SignatureJson } from './signature-json.js';

/** Carries the type of a signature's result through the type system; nothing is there at run time. */
declare const outcome: unique symbol;

/** A signature whose result is typed. It never changes: whatever adds to it gives another one. */
export interface Signature<Result = unknown> extends SignatureJson {
  readonly [outcome]?: Result;
}

/** Tells a signature that gives a group of results from one that gives a single one. */
declare const grouped: unique symbol;

/** A signature that ends in a group: what is waited for are its members. */
export interface GroupSignature<Results = readonly unknown[]> extends Signature<Results> {
  readonly [grouped]?: true;
}

/** A signature of the same kind with another result. */
export type SignatureLike<Sig, Result> = typeof grouped extends keyof Sig ? GroupSignature<Result> : Signature<Result>;

/** One thing for a signature that ends in a group, another for one that does not; either where that is not known. */
export type ByKind<Sig, Grouped, Single> = typeof grouped extends keyof Sig
  ? Grouped
  : typeof outcome extends keyof Sig
    ? Single
    : Grouped | Single;

/** The type of a signature's result. */
export type SignatureResult<Sig> = Sig extends { readonly [outcome]?: infer Result } ? Result : unknown;

/** The results of several signatures, in their order. */
export type SignatureResults<Sigs extends readonly unknown[]> = { [Index in keyof Sigs]: SignatureResult<Sigs[Index]> };
