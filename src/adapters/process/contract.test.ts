// The process driver keeps the contract of the Actuator port, with real processes.

import { actuatorContract, type ActuatorUnderTest } from '#ports/actuator.contract.ts';
import { Ground, isRunning, pause, sleeper, startsIn } from './ground.ts';

const open = (ground: Ground): ActuatorUnderTest => {
  const file = ground.path('starts');
  const alive = (): readonly number[] => startsIn(file).filter(isRunning);
  return {
    actuator: ground.open(),
    service: ground.service('sleeper', sleeper(file)),
    settle: pause,
    copies: () => alive().length,
    starts: () => startsIn(file).length,
    crash: () => alive().forEach((pid) => process.kill(pid, 'SIGKILL')),
    tellsExits: true,
    reopen: () => open(ground),
    close: () => ground.close(),
  };
};

actuatorContract('process', () => open(new Ground()));
