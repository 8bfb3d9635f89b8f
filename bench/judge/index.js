// `node bench/judge`: Node looks for this name in a folder.
import './main.ts';
