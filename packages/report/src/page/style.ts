import { FONT, TONES } from '../figures/theme.ts';

const tones = (scheme: 'light' | 'dark'): string =>
  Object.entries(TONES)
    .map(([name, tone]) => `--${name}:${tone[scheme]}`)
    .join(';');

const LIGHT = `color-scheme:light;${tones('light')};--page:#f5f6f8;--card:#ffffff;--line:#d8dde3;--link:#0a5a94;--good:#0b6b4f;--goodbg:#e4f4ee;--warn:#7a4a00;--warnbg:#fdf1dc;--bad:#9c1c31;--badbg:#fde7ea;--calm:#3f4a56;--calmbg:#e9edf1`;
const DARK = `color-scheme:dark;${tones('dark')};--page:#0d1013;--card:#14181d;--line:#2c343d;--link:#79bdf5;--good:#6fdcb5;--goodbg:#10302a;--warn:#ffc978;--warnbg:#33260f;--bad:#ff9ba7;--badbg:#3a171d;--calm:#c1cbd6;--calmbg:#222a32`;

/** The page's style: one column to read, light and dark, print, from 360 pixels up. @param font woff2 as base64 */
export function style(font: string): string {
  return `
@font-face{font-family:"${FONT}";src:url(data:font/woff2;base64,${font}) format("woff2")}
:root{${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
.skip{position:absolute;left:-999px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip:focus{left:1rem;top:.6rem;background:var(--card);padding:.4rem .8rem;z-index:2}
header,main,footer{max-width:62rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.4rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .3rem;letter-spacing:-.015em}
h2{font-size:1.25rem;margin:0 0 .7rem;letter-spacing:-.01em}
h3{font-size:1.02rem;margin:0 0 .25rem}
p{margin:.4rem 0 .7rem;max-width:74ch}
.lead{color:var(--muted);margin:0}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;padding:0;margin:1rem 0 0}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.35rem 1.5rem;margin:1.2rem 0}
.verdict{border-left:.45rem solid var(--tone)}
.verdict .state{display:inline-block;background:var(--tonebg);color:var(--tone);font-weight:650;border-radius:99px;padding:.12rem .8rem;margin:0 0 .5rem;font-size:.92rem}
.kept{--tone:var(--good);--tonebg:var(--goodbg)}
.chance,.untested{--tone:var(--warn);--tonebg:var(--warnbg)}
.broken{--tone:var(--bad);--tonebg:var(--badbg)}
.none{--tone:var(--calm);--tonebg:var(--calmbg)}
.verdict .headline{font-size:1.2rem;line-height:1.45;margin:.1rem 0 .8rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:1rem 1.6rem;margin:1.1rem 0 .4rem}
.facts dt{color:var(--muted);font-size:.86rem}
.facts dd{margin:0;font-size:1.02rem}
.facts dd b{font-size:1.45rem;font-weight:650;letter-spacing:-.01em}
.verdict h3{margin-top:1.2rem}
.verdict ul{margin:.3rem 0 1.2rem;padding-left:1.2rem}
.marks{list-style:none;padding:0;margin:0 0 1rem;display:grid;gap:.55rem}
.marks li{border-left:.28rem solid var(--tone);background:var(--tonebg);padding:.5rem .85rem;border-radius:0 8px 8px 0}
.marks b{color:var(--tone)}
.scroll{overflow-x:auto;margin:.5rem 0}
table{overflow-wrap:break-word;border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
.about{color:var(--muted);font-size:.88rem;margin:.5rem 0 0}
th,td{padding:.36rem .7rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th{font-weight:600}
thead th{border-bottom:2px solid var(--line);vertical-align:bottom}
th:first-child,td:first-child{padding-left:0}
th.text,td.text{text-align:left;white-space:normal;min-width:5.5rem;max-width:22rem}
tr.group th{text-align:left;padding-top:1rem;color:var(--muted);font-weight:600;white-space:normal}
figure{margin:0 0 2.1rem}
figure:last-child{margin-bottom:0}
figcaption{color:var(--muted);font-size:.92rem;max-width:78ch;margin:.1rem 0 .8rem}
figcaption h3{color:var(--ink)}
figure svg{display:block;width:100%;height:auto;min-width:31rem}
details{margin:.55rem 0}
summary{cursor:pointer;color:var(--link)}
details>div{padding:.5rem 0 .2rem}
.files{font-size:.88rem;color:var(--muted);margin:.5rem 0 0}
.files a{margin-left:.7rem}
code,pre{font:.86rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{white-space:pre-wrap;background:var(--page);padding:.7rem .9rem;border-radius:8px;margin:.4rem 0}
dl.plain{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:.4rem 0}
dl.plain dt{color:var(--muted)}
dl.plain dd{margin:0}
footer{color:var(--muted);font-size:.88rem;padding-bottom:2.5rem}
@media (max-width:40rem){header,main,footer{padding-left:.8rem;padding-right:.8rem}section{padding:1rem .95rem;border-radius:10px}h1{font-size:1.4rem}.verdict .headline{font-size:1.08rem}dl.plain{grid-template-columns:1fr;gap:0}dl.plain dd{margin-bottom:.5rem}}
@media print{:root{${LIGHT};--page:#fff}body{font-size:10.5pt}section{border:0;padding:0;margin:0 0 1.4rem;border-radius:0}.verdict{border-left:.4rem solid var(--tone);padding-left:.9rem}nav,.skip,.files,summary{display:none}figure,.marks li,tr{break-inside:avoid}h2,h3{break-after:avoid}figcaption h3{color:var(--ink)}
figure svg{min-width:0;max-width:17cm}.scroll{overflow:visible}details::details-content{content-visibility:visible;display:block}details>div{padding:0}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`.trim();
}
