// The one door of the pure core to Node: a hash, so that the simulator can compare the bytes of two runs.
// tsconfig.core.json compiles the core without the types of Node, so nothing else of Node exists there.

declare module 'node:crypto' {
  type Hash = { readonly update: (text: string) => Hash; readonly digest: (form: 'hex') => string };
  export const hash: (algorithm: 'sha256', text: string, form?: 'hex') => string;
  export const createHash: (algorithm: 'sha256') => Hash;
}
