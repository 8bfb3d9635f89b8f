// Names in the codex: what an item, a tag and a digest may look like. They become parts of paths and of addresses.

/** `task_id`: part of file names, so nothing that a file system or a shell would understand. */
const ITEM = /^[a-z][a-z0-9_]{0,99}$/;
const TAG = /^[a-z][a-z0-9._-]{0,63}$/;
const DIGEST = /^[0-9a-f]{64}$/;
/** A tag may not look like a version, and not like the selector of what is active. */
const NOT_A_TAG = /^(v\d+|active)$/;

export const isItemId = (text: string): boolean => ITEM.test(text);
export const isTag = (text: string): boolean => TAG.test(text) && !NOT_A_TAG.test(text);
export const isDigest = (text: string): boolean => DIGEST.test(text);
export const isVersion = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
