// Names that Sereno gives to what OpenSLO has no field for: annotations, under our own prefix.

/** The name of the target within its service; the name of an SLO must be the only one in a file. */
export const TARGET_NAME = 'sereno.dev/target';
/** The short window of a burn rule: OpenSLO knows one window. */
export const SHORT_WINDOW = 'sereno.dev/short-window';
