// Templates: fills texts with values. It opens no file, knows no clock and no chance: one job has one answer, on every machine.

import type { Named } from '#kernel/codex.ts';
import type { Mentions, Rendered, TemplateJob } from '#kernel/template.ts';

export type Templates = {
  /** The partials that a template names, without filling it. Flawed: the text is not a template. */
  readonly mentions: (template: Named) => Mentions;
  /**
   * Fills a template. Never throws: what is wrong with the template or its values is a flaw with its line. A name that is
   * neither declared nor set in the template is one, whether or not the text would show it; so is whatever does not end
   * within its limits.
   */
  readonly render: (job: TemplateJob) => Rendered;
};
