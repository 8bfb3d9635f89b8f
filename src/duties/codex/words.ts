// Words of the export, line by line: systems around the codex look for them in its output.

export const STARTING = '🚀 Starting LLM Task Codex Export';
export const VALIDATED = '✅ Source validation passed';
export const COMPLETED = '✅ Export completed successfully';
export const NO_WORKSPACE = 'ty_learn root not found - ensure script runs within ty_learn workspace';

export const sayTemplate = (path: string): string => `Using V14 template: ${path}`;
export const sayVersion = (version: number): string => `✅ Version incremented to ${version}`;
export const sayFailed = (message: string): string => `❌ Export failed: ${message}`;
export const sayUnverified = (why: string): string => `Export verification failed: ${why}`;
export const sayNoSource = (path: string): string => `Source file not found: ${path}`;
export const sayNoBlessed = (path: string): string =>
  `Blessed config not found: ${path}. Run export first: sereno codex export <source.yaml>`;
