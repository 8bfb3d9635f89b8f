// A placeholder stands for a value that comes when the task runs: it writes itself as `{{ job.title }}`.

import { Drop } from 'liquidjs';

export class Placeholder extends Drop {
  readonly #path: string;
  constructor(path: string) {
    super();
    this.#path = path;
  }

  override liquidMethodMissing(key: string | number): Placeholder {
    return new Placeholder(`${this.#path}.${key}`);
  }

  override valueOf(): string {
    return `{{ ${this.#path} }}`;
  }
}
