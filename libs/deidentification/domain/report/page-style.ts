/** Of the page alone: no fonts, pictures or addresses. Colours differ in lightness, too, and text has a contrast above 7. */
export const STYLE = `
:root { color-scheme: light; }
body { margin: 0; background: #f5f6f7; color: #1c2329; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.75rem; margin: 0 0 1rem; }
h2 { font-size: 1.2rem; margin: 0 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
section { background: #fff; border: 1px solid #d5dade; border-radius: 6px; padding: 1rem 1.25rem; margin: 0 0 1rem; overflow-x: auto; }
.verdict { border-left: 8px solid #1b6e3c; }
.verdict.refused { border-left-color: #a3201d; }
dl { display: grid; grid-template-columns: minmax(10rem, 1fr) 2fr; gap: .25rem 1rem; margin: .5rem 0; }
dt { color: #47525b; }
dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; margin: .75rem 0; font-size: .9rem; }
caption { text-align: left; color: #47525b; padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .5rem .3rem 0; border-top: 1px solid #d5dade; font-weight: normal; }
thead th { font-weight: 600; }
tbody th { width: 28%; }
code { font-size: .9em; overflow-wrap: anywhere; }
table.wide thead th + th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; vertical-align: bottom; padding: 0 .2rem .3rem 0; }
table.wide tbody th { width: auto; }
svg { width: 100%; min-width: 34rem; height: auto; font-size: 12px; }
svg text { fill: #1c2329; }
svg .label { text-anchor: end; }
svg .before { fill: #9aa6b0; }
svg .after { fill: #14507a; }
@media print { body { background: #fff; } svg { min-width: 0; } section { break-inside: avoid; } }
`;
