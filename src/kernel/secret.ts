// Secrets come from the environment or from files; wherever text leaves Sereno, they are replaced by ***.

export type Redact = (text: string) => string;

/** Shorter values (a port, "yes") would redact half of every message. */
const SHORTEST_SECRET = 4;

/** Makes the redactor for a set of secret values, longest first, so that a part never uncovers the whole. */
export const makeRedact = (secrets: readonly string[]): Redact => {
  const encoded = secrets.flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    // Half of a pair of surrogates cannot be encoded; an address that carries it holds U+FFFD in its place.
    encodeURIComponent(secret.toWellFormed()),
  ]);
  const known = [...new Set(encoded)]
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  return (text) => known.reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text);
};
