// The start: colours before the first paint, the token out of the address bar, then the page and its connection.

import { createRoot } from 'react-dom/client';
import '../styles/colours.css';
import '../styles/page.css';
import '../styles/frame.css';
import '../styles/town.css';
import '../styles/side.css';
import '../styles/judging.css';
import '../styles/codex.css';
import { wearTheme } from './frame/theme.ts';
import { followForEver } from './live/follow.ts';
import { takeTokenFromAddress } from './live/token.ts';
import { Page } from './page.tsx';

wearTheme();
takeTokenFromAddress();
const root = document.querySelector('#page');
if (root === null) throw new Error('index.html has no element #page');
createRoot(root).render(<Page />);
void followForEver();
