// Names in the codex besides those of items: tags, digests, versions. They become parts of paths and of addresses.

const TAG = /^[a-z][a-z0-9._-]{0,63}$/;
const DIGEST = /^[0-9a-f]{64}$/;
/** A tag may not look like a version, and not like a word that has a meaning in its place. */
const NOT_A_TAG = /^(v\d+|active|diff)$/;

export const isTag = (text: string): boolean => TAG.test(text) && !NOT_A_TAG.test(text);
export const isDigest = (text: string): boolean => DIGEST.test(text);
export const isVersion = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
