import { render } from 'preact';
import { App } from './app.tsx';
import './styles/base.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/looking.css';

const root = document.getElementById('page')!;
root.replaceChildren();
render(<App />, root);
