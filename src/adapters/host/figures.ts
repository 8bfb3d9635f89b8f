// Figures of the machine from procfs (proc(5)), under the names that node_exporter gives them, so that what people know
// by heart works here. A file that is not there gives no figure, never a zero.

import { closeSync, openSync, readSync, statfsSync } from 'node:fs';
import type { Labels } from '#kernel/series.ts';

export type Figure = {
  readonly kind: 'gauge' | 'counter';
  readonly metric: string;
  readonly labels: Labels;
  /** UCUM. */
  readonly unit: string;
  readonly value: number;
};

/** Reads a small file; null when it is not there. */
export type ReadText = (path: string) => string | null;

/** USER_HZ: 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
/** A sector of /proc/diskstats has 512 bytes, whatever the disk has. */
const SECTOR_BYTES = 512;
/** Disks and networks that are told: a machine with ten thousand containers has as many virtual ones. */
const DEVICES_MAX = 64;

/** One buffer for all small files: they are read one after another, and the largest (/proc/stat) has some kilobytes. */
const buffer = Buffer.alloc(262_144);

/** Reads through one buffer; a third of the time of readFileSync, which asks for the size first. */
export const readSmall: ReadText = (path) => {
  let file: number | null = null;
  try {
    file = openSync(path, 'r');
    let length = 0;
    for (let got = 1; got > 0 && length < buffer.length; length += got)
      got = readSync(file, buffer, length, buffer.length - length, null);
    return buffer.toString('latin1', 0, length);
  } catch {
    return null;
  } finally {
    if (file !== null) closeSync(file);
  }
};

const gauge = (metric: string, unit: string, value: number, labels: Labels = {}): Figure => ({
  kind: 'gauge',
  metric,
  labels,
  unit,
  value,
});

const counter = (metric: string, unit: string, value: number, labels: Labels = {}): Figure => ({
  kind: 'counter',
  metric,
  labels,
  unit,
  value,
});

const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;

const cpuFigures = (text: string): readonly Figure[] => {
  const [, ...ticks] = (/^cpu +.*$/m.exec(text)?.[0] ?? '').split(/ +/);
  const modes = MODES.flatMap((mode, index) => {
    const value = Number(ticks[index]);
    return Number.isFinite(value) ? [counter('node_cpu_seconds_total', 's', value / TICKS_PER_SECOND, { mode })] : [];
  });
  const single = [
    ['intr', 'node_intr_total'],
    ['ctxt', 'node_context_switches_total'],
    ['processes', 'node_forks_total'],
  ].flatMap(([word = '', metric = '']) => {
    const found = new RegExp(`^${word} (\\d+)`, 'm').exec(text)?.[1];
    return found === undefined ? [] : [counter(metric, '1', Number(found))];
  });
  const cores = text.match(/^cpu\d+ /gm)?.length ?? 0;
  const running = /^procs_running (\d+)$/m.exec(text)?.[1];
  const blocked = /^procs_blocked (\d+)$/m.exec(text)?.[1];
  return [
    ...modes,
    ...single,
    ...(cores === 0 ? [] : [gauge('node_cpu_cores', '1', cores)]),
    ...(running === undefined ? [] : [gauge('node_procs_running', '1', Number(running))]),
    ...(blocked === undefined ? [] : [gauge('node_procs_blocked', '1', Number(blocked))]),
  ];
};

const MEMORY = ['MemTotal', 'MemFree', 'MemAvailable', 'Buffers', 'Cached', 'SwapTotal', 'SwapFree', 'Dirty', 'Slab'];

const memoryFigures = (text: string): readonly Figure[] =>
  MEMORY.flatMap((field) => {
    const found = new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(text)?.[1];
    return found === undefined ? [] : [gauge(`node_memory_${field}_bytes`, 'By', Number(found) * 1_024)];
  });

const loadFigures = (text: string): readonly Figure[] =>
  text
    .split(' ')
    .slice(0, 3)
    .map(Number)
    .flatMap((value, index) =>
      Number.isFinite(value) ? [gauge(`node_load${[1, 5, 15][index] ?? ''}`, '1', value)] : [],
    );

/** Pressure stall information: the time in which some, or all, tasks waited for this resource. */
const pressureFigures = (resource: 'cpu' | 'memory' | 'io', text: string): readonly Figure[] => {
  const totals = [
    ['some', 'waiting'],
    ['full', 'stalled'],
  ] as const;
  return totals.flatMap(([line, word]) => {
    const found = new RegExp(`^${line} .*total=(\\d+)$`, 'm').exec(text)?.[1];
    // Of the processor as a whole nothing can ever be stalled; the kernel writes a line of zeros.
    if (found === undefined || (resource === 'cpu' && line === 'full')) return [];
    return [counter(`node_pressure_${resource}_${word}_seconds_total`, 's', Number(found) / 1e6)];
  });
};

const NETWORK = [
  [0, 'receive_bytes', 'By'],
  [1, 'receive_packets', '1'],
  [2, 'receive_errs', '1'],
  [3, 'receive_drop', '1'],
  [8, 'transmit_bytes', 'By'],
  [9, 'transmit_packets', '1'],
  [10, 'transmit_errs', '1'],
  [11, 'transmit_drop', '1'],
] as const;

const networkFigures = (text: string): readonly Figure[] =>
  text
    .split('\n')
    .slice(2, 2 + DEVICES_MAX)
    .flatMap((line) => {
      const [device = '', rest = ''] = line.trim().split(/: */);
      const values = rest.split(/ +/).map(Number);
      if (device === '' || device === 'lo' || values.length < 12) return [];
      return NETWORK.map(([place, word, unit]) =>
        counter(`node_network_${word}_total`, unit, values[place] ?? 0, { device }),
      );
    });

/** Whole disks: partitions, loops and RAM disks would count the same bytes twice, or none. */
const IS_DISK = /^(?:sd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+|dm-\d+|md\d+)$/;

const diskFigures = (text: string): readonly Figure[] => {
  const rows = text.split('\n').map((line) => line.trim().split(/ +/));
  const disks = rows.filter(([, , device = '']) => IS_DISK.test(device)).slice(0, DEVICES_MAX);
  return disks.flatMap(([, , device = '', ...rest]) => {
    const values = rest.map(Number);
    const at = (place: number): number => values[place] ?? 0;
    return [
      counter('node_disk_reads_completed_total', '1', at(0), { device }),
      counter('node_disk_read_bytes_total', 'By', at(2) * SECTOR_BYTES, { device }),
      counter('node_disk_writes_completed_total', '1', at(4), { device }),
      counter('node_disk_written_bytes_total', 'By', at(6) * SECTOR_BYTES, { device }),
      counter('node_disk_io_time_seconds_total', 's', at(9) / 1_000, { device }),
    ];
  });
};

const roomFigures = (mountpoint: string): readonly Figure[] => {
  try {
    const { bavail, bsize, blocks, ffree, files } = statfsSync(mountpoint);
    const labels = { mountpoint };
    return [
      gauge('node_filesystem_size_bytes', 'By', blocks * bsize, labels),
      gauge('node_filesystem_avail_bytes', 'By', bavail * bsize, labels),
      // Some file systems (btrfs) have no fixed number of inodes and say 0 of 0.
      ...(files === 0 ? [] : [gauge('node_filesystem_files_free', '1', ffree, labels)]),
    ];
  } catch {
    return [];
  }
};

/** A few small files; well under a millisecond. `places`: folders whose file systems are told. */
export const readFigures = (places: readonly string[], read: ReadText = readSmall): readonly Figure[] => {
  const from = (path: string, parse: (text: string) => readonly Figure[]): readonly Figure[] => {
    const text = read(path);
    return text === null ? [] : parse(text);
  };
  return [
    ...from('/proc/stat', cpuFigures),
    ...from('/proc/meminfo', memoryFigures),
    ...from('/proc/loadavg', loadFigures),
    ...from('/proc/pressure/cpu', (text) => pressureFigures('cpu', text)),
    ...from('/proc/pressure/memory', (text) => pressureFigures('memory', text)),
    ...from('/proc/pressure/io', (text) => pressureFigures('io', text)),
    ...from('/proc/net/dev', networkFigures),
    ...from('/proc/diskstats', diskFigures),
    ...places.flatMap(roomFigures),
  ];
};
