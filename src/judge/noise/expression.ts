// A regular expression that somebody wrote into a matcher: used only when it surely ends soon.
//
// Alertmanager uses RE2, whose time is linear. JavaScript goes back and tries again: `((\w+))+!` against a name of 31
// letters takes eight minutes, in which nothing is watched. So what can be tried in many ways is counted beforehand:
// each repetition and each choice is one way, and ways that follow each other multiply. Three of them on a name of 63
// letters are some 50,000 steps; `api-.*|web-.*` has one in each alternative.

const WAYS_MAX = 3;

/** An escape, a class of letters, the beginning or end of a group, a repetition, a choice, or a letter. */
const TOKEN = /\\[^]|\[(?:\\[^]|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<\w+>))?|\)|\{\d+(?:,\d*)?\}\??|[*+?]\??|[^]/gu;

const LOOKS_AROUND = /^\(\?<?[=!]/;
const REFERS_BACK = /^\\[1-9k]/;
const REPEATS = /^(?:[*+]|\{)/;
/** `{4}`: neither more nor less. */
const IS_EXACT = /^\{\d+\}/;

type Group = { ways: number; hasChoice: boolean };

const newGroup = (): Group => ({ ways: 0, hasChoice: false });
const waysOf = ({ ways, hasChoice }: Group): number => ways + (hasChoice ? 1 : 0);

class Count {
  readonly #outer: Group[] = [];
  #inner = newGroup();
  /** What the next repetition would repeat, when it is a group. */
  #closed: Group | null = null;
  most = 0;

  /** Takes one token; says what is wrong with it, or null. */
  take(token: string): string | null {
    const closed = this.#closed;
    this.#closed = null;
    if (REFERS_BACK.test(token)) return 'it refers back to a group';
    if (LOOKS_AROUND.test(token)) return 'it looks ahead or behind';
    if (token.startsWith('(')) this.#open();
    else if (token === ')') this.#close();
    else if (token === '|') this.#choose();
    else if (REPEATS.test(token)) return this.#repeat(token, closed);
    else if (token.startsWith('?') && closed?.hasChoice !== true) this.#add(1);
    return null;
  }

  #open(): void {
    this.#outer.push(this.#inner);
    this.#inner = newGroup();
  }

  #close(): void {
    const outer = this.#outer.pop();
    if (outer === undefined) return; // cannot be: the expression was compiled before
    this.#closed = this.#inner;
    this.#inner = outer;
    this.#add(waysOf(this.#closed));
  }

  /** Whole alternatives are tried one after another; those within a group are tried with all that follows. */
  #choose(): void {
    if (this.#outer.length === 0) this.#inner = newGroup();
    else this.#inner.hasChoice = true;
  }

  #repeat(token: string, closed: Group | null): string | null {
    if (closed !== null && waysOf(closed) > 0) {
      return 'a repeated group with a repetition or a choice inside may never end';
    }
    if (!IS_EXACT.test(token)) this.#add(1);
    return null;
  }

  #add(ways: number): void {
    this.#inner.ways += ways;
    this.most = Math.max(this.most, this.#inner.ways);
  }
}

const isExpression = (text: string): boolean => {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
};

/** What is wrong with an expression that must match a whole value; null when it can be used. */
export const expressionTrouble = (text: string): string | null => {
  // Taken by itself: `a+)*(b` is an expression only once it stands between our own brackets, and then it never ends.
  if (!isExpression(text)) return 'it is not a regular expression';
  const count = new Count();
  for (const [token] of text.matchAll(TOKEN)) {
    const trouble = count.take(token);
    if (trouble !== null) return trouble;
  }
  if (count.most > WAYS_MAX) return `more than ${WAYS_MAX} repetitions or choices in a row may take too long`;
  return null;
};
