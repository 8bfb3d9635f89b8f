// Words of the export, line by line: systems around the codex look for them in its output.

export const STARTING = '🚀 Starting LLM Task Codex Export';
export const VALIDATED = '✅ Source validation passed';
export const COMPLETED = '✅ Export completed successfully';
export const NO_WORKSPACE = 'ty_learn root not found - ensure script runs within ty_learn workspace';

export const sayTemplate = (path: string): string => `Using V14 template: ${path}`;
export const sayVersion = (version: number): string => `✅ Version incremented to ${version}`;
export const sayFailed = (message: string): string => `❌ Export failed: ${message}`;
