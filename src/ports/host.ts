// Host: looks at the machine that Sereno itself runs on, before anything is started.

import type { SurveyPhase } from '#kernel/effect.ts';
import type { SurveyReport } from '#kernel/event.ts';

export interface Host {
  survey(phase: SurveyPhase, report: (report: SurveyReport) => void): void;
}
