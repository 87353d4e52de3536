/** The page has no script and loads nothing. On a narrow screen, tables leave the columns of class `wide` out. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--text:#1b1f24;--quiet:#5b6572;--page:#f5f6f8;--card:#fff;--line:#dfe3e8;--bar:#3e7bd6;--bad:#c2303a;--good:#1d7f4e}
@media(prefers-color-scheme:dark){:root{--text:#e6e9ed;--quiet:#9aa5b1;--page:#111417;--card:#1a1e23;--line:#2d333b;--bar:#6aa0ee;--bad:#f0757c;--good:#5bc78d}}
*{box-sizing:border-box}
body{margin:0;padding:1.5rem 1rem 3rem;background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto}
h1{margin:0;font-size:1.6rem;line-height:1.2}
h2{margin:0 0 .5rem;font-size:1.05rem}
p{margin:.25rem 0}
.quiet{color:var(--quiet)}
.bad{color:var(--bad)}
.good{color:var(--good)}
section{overflow-x:auto;margin-top:1rem;padding:1rem 1.25rem;background:var(--card);border:1px solid var(--line);border-radius:10px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;margin-top:1rem}
.tile{padding:.75rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:10px}
.tile b{display:block;font-size:1.35rem;line-height:1.3;overflow-wrap:anywhere}
ul{margin:.5rem 0 0;padding-left:1.2rem}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .5rem;text-align:right;vertical-align:top;border-top:1px solid var(--line)}
tr>:first-child{padding-left:0;text-align:left;overflow-wrap:anywhere}
tr>:last-child{padding-right:0}
thead th{border-top:0;color:var(--quiet);font-weight:500;font-size:.85rem}
thead th:not(:first-child){white-space:nowrap}
tbody th{font-weight:500}
td{white-space:nowrap}
td.long{min-width:6rem;white-space:normal;overflow-wrap:anywhere}
small{display:block;color:var(--quiet);font-weight:400;overflow-wrap:anywhere}
svg{display:block;width:100%;height:auto}
rect.bar{fill:var(--bar)}
rect.fault{fill:var(--bad)}
.hours{display:grid;grid-template-columns:repeat(4,1fr);font-size:.85rem}
@media(max-width:40rem){body{padding:1rem .6rem 2rem}section{padding:.75rem .8rem}.wide{display:none}table{font-size:.82rem}th,td{padding:.35rem .25rem}tr>:first-child{min-width:5.5rem}td.long{min-width:4.5rem}}
`.trim();
