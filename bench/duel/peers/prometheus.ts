// Prometheus and its blackbox exporter: the probers. They judge and tell; they restart nothing.

import { fromApt, type Peer } from './peer.ts';

export const prometheus: Peer = fromApt('prometheus', 'prometheus', '/usr/bin/prometheus');

export const blackbox: Peer = fromApt(
  'blackbox exporter',
  'prometheus-blackbox-exporter',
  '/usr/bin/prometheus-blackbox-exporter',
);
