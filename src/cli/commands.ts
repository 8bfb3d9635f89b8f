// All commands, by name, in the order of the help. Only the one that is called is loaded.

import type { Listed } from './command.ts';

export const COMMANDS: readonly Listed[] = [
  {
    name: 'init',
    summary: 'look at this machine and write a commented sereno.yaml',
    load: async () => (await import('./init.ts')).defineInit,
  },
  {
    name: 'check',
    summary: 'check the configuration; changes nothing',
    load: async () => (await import('./check.ts')).defineCheck,
  },
  { name: 'up', summary: 'start the watch', load: async () => (await import('./up.ts')).defineUp },
  {
    name: 'status',
    summary: 'how everything is; exit 0 healthy, 3 unhealthy or unknown, 1 not running',
    load: async () => (await import('./status.ts')).defineStatus,
  },
  {
    name: 'doctor',
    summary: 'look for what keeps Sereno from working',
    load: async () => (await import('./doctor.ts')).defineDoctor,
  },
  {
    name: 'explain',
    summary: 'why something is as it is, and why nothing was done',
    load: async () => (await import('./explain.ts')).defineExplain,
  },
  {
    name: 'service',
    summary: 'list, show, restart, start, stop services',
    load: async () => (await import('./service.ts')).defineService,
  },
  {
    name: 'target',
    summary: 'list, show, import, export targets and their error budgets',
    load: async () => (await import('./target.ts')).defineTarget,
  },
  {
    name: 'source',
    summary: 'list the sources of metrics',
    load: async () => (await import('./source.ts')).defineSource,
  },
  {
    name: 'incident',
    summary: 'list, show, ack incidents',
    load: async () => (await import('./incident.ts')).defineIncident,
  },
  {
    name: 'alert',
    summary: 'what became of every raw event; suppress until an end',
    load: async () => (await import('./alert.ts')).defineAlert,
  },
  {
    name: 'deployment',
    summary: 'mark a release that begins to run; list what became of each',
    load: async () => (await import('./deployment.ts')).defineDeployment,
  },
  {
    name: 'approval',
    summary: 'list, approve, deny what waits for a person',
    load: async () => (await import('./approval.ts')).defineApproval,
  },
  {
    name: 'reality',
    summary: 'what is declared beside what is measured',
    load: async () => (await import('./reality.ts')).defineReality,
  },
  {
    name: 'streak',
    summary: 'smooth days in a row',
    load: async () => (await import('./streak.ts')).defineStreak,
  },
  {
    name: 'hold',
    summary: 'stop all acting until it is released; watching goes on',
    load: async () => (await import('./hold.ts')).defineHold,
  },
  { name: 'release', summary: 'end the hold', load: async () => (await import('./release.ts')).defineRelease },
  {
    name: 'evidence',
    summary: 'show, verify, export the evidence chain',
    load: async () => (await import('./evidence.ts')).defineEvidence,
  },
  {
    name: 'anomaly',
    summary: 'list what series have never done lately; score a file of values',
    load: async () => (await import('./anomaly.ts')).defineAnomaly,
  },
  {
    name: 'codex',
    summary: 'export, bless, verify and roll back configurations of tasks',
    load: async () => (await import('./codex.ts')).defineCodex,
  },
  {
    name: 'token',
    summary: 'issue, list, revoke tokens for the API',
    load: async () => (await import('./token.ts')).defineToken,
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).completionOf(COMMANDS),
  },
];
