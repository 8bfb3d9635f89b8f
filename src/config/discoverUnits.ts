// Discovers what process managers run: systemd units, pm2 applications, the scripts of a package.

import type { Json } from '#kernel/evidence.ts';
import { asName, NOTHING, type DiscoveredService, type Discovery, type NotUnderstood } from './discovered.ts';

type Fields = { readonly [key: string]: unknown };
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Told as not understood by the caller.
  }
};

const listIn = (text: string): readonly Fields[] | null => {
  const parsed = parseJson(text);
  return Array.isArray(parsed) ? parsed.filter(isFields) : null;
};

/** Units that belong to the operating system: watching them is a choice that a person can add by hand. */
const SYSTEM_UNIT =
  /^(?:systemd-|dbus|getty@|serial-getty@|user@|user-runtime-dir@|polkit|udisks2|accounts-daemon|rtkit|upower|ModemManager|NetworkManager|wpa_supplicant|avahi|snapd|unattended-upgrades|packagekit|fwupd|colord|cups|bluetooth|switcheroo|power-profiles|irqbalance|multipathd|console-|keyboard-|networking|rsyslog|cron|atd|acpid|gdm|lightdm|ssh-agent)/;

/** Reads `systemctl list-units --type=service --state=running --output=json`. */
export const discoverSystemd = (text: string): Discovery => {
  const units = listIn(text);
  if (units === null)
    return { ...NOTHING, notUnderstood: [{ what: 'systemctl', why: 'its answer is not a list of units' }] };
  const names = units.flatMap((unit) => (typeof unit['unit'] === 'string' ? [unit['unit']] : []));
  const mine = names.filter((name) => name.endsWith('.service') && !SYSTEM_UNIT.test(name));
  const left = names.filter((name) => name.endsWith('.service') && SYSTEM_UNIT.test(name));
  return {
    ...NOTHING,
    services: mine.map((unit) => ({
      name: asName(unit.replace(/\.service$/, '')),
      origin: `systemd unit ${unit}`,
      run: { systemd: { unit, scope: 'system' } },
      checks: [{ command: { run: ['systemctl', 'is-active', '--quiet', unit] } }],
      needs: [],
      ports: [],
      notes: [],
    })),
    notUnderstood:
      left.length === 0
        ? []
        : [
            {
              what: `${left.length} systemd units`,
              why: `left out as parts of the operating system: ${left.join(', ').slice(0, 400)}`,
            },
          ],
  };
};

/** An application of pm2, with the process that runs it now. */
export type Pm2App = { readonly service: DiscoveredService; readonly pid: number | null };

export type Pm2Reading = { readonly apps: readonly Pm2App[]; readonly notUnderstood: readonly NotUnderstood[] };

const textAt = (fields: Fields, key: string): string | null => {
  const value = fields[key];
  return typeof value === 'string' && value !== '' ? value : null;
};

/**
 * Reads `pm2 jlist` or `~/.pm2/dump.pm2`: the same fields, at the top or under `pm2_env`. Their environment variables
 * are never copied: they hold secrets.
 */
export const readPm2 = (text: string, origin: string): Pm2Reading => {
  const apps = listIn(text);
  if (apps === null) return { apps: [], notUnderstood: [{ what: origin, why: 'not a list of pm2 applications' }] };
  const read = apps.map((app): Pm2App | NotUnderstood => {
    const env = isFields(app['pm2_env']) ? app['pm2_env'] : {};
    const name = textAt(app, 'name') ?? textAt(env, 'name');
    const script = textAt(app, 'pm_exec_path') ?? textAt(env, 'pm_exec_path');
    if (name === null || script === null)
      return { what: `${origin}: an application`, why: 'it has no name or no script' };
    const pid = app['pid'];
    const check: Json = { process: { pattern: script } };
    const service = {
      name: asName(name),
      origin: `pm2 application ${name}`,
      run: { pm2: { name } },
      checks: [check],
      needs: [],
      ports: [],
      notes: [],
    };
    return { service, pid: typeof pid === 'number' && pid > 0 ? pid : null };
  });
  return {
    apps: read.flatMap((each) => ('service' in each ? [each] : [])),
    notUnderstood: read.flatMap((each) => ('service' in each ? [] : [each])),
  };
};

/** Reads package.json: its start script becomes a candidate that a person can switch on, the others are named. */
export const discoverPackage = (text: string, file: string): Discovery => {
  const parsed = parseJson(text);
  if (!isFields(parsed)) return { ...NOTHING, notUnderstood: [{ what: file, why: 'not JSON' }] };
  const scripts = isFields(parsed['scripts']) ? Object.keys(parsed['scripts']) : [];
  const name = asName(textAt(parsed, 'name') ?? 'app');
  const others = scripts.filter((script) => script !== 'start');
  const candidate: DiscoveredService = {
    name,
    origin: `${file}, script start`,
    run: { process: ['npm', 'start'] },
    checks: [{ process: {} }],
    needs: [],
    ports: [],
    notes: ['better than process: the address where it answers, such as http: http://127.0.0.1:3000/health'],
  };
  return {
    ...NOTHING,
    candidates: scripts.includes('start') ? [candidate] : [],
    notUnderstood:
      others.length === 0
        ? []
        : [
            {
              what: `${file}: scripts ${others.join(', ').slice(0, 200)}`,
              why: 'whether they are services or tools cannot be told',
            },
          ],
  };
};
