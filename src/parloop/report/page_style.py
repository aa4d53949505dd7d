"""The style of the pages: light and dark by the reader's own setting, no script, no network."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
.parloop {
  color-scheme: light dark;
  --paper: #faf9f6; --card: #ffffff; --ink: #1d2329; --soft: #66707a; --line: #e3e1da;
  --cpu: #0b7f63; --gpu: #6c46c6; --native: #2767ad; --interpreter: #a95a1e;
  --keyword: #7d3f98; --string: #4a6b2a; --number: #9a5b13; --comment: #7b858e;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas,
    "DejaVu Sans Mono", monospace;
  color: var(--ink); background: var(--paper);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif;
}
@media (prefers-color-scheme: dark) {
  .parloop {
    --paper: #14171a; --card: #1b1f23; --ink: #e3e6e8; --soft: #98a2ab; --line: #2c3238;
    --cpu: #3fbf9b; --gpu: #a78bf0; --native: #6aa6e6; --interpreter: #e0965a;
    --keyword: #c792dd; --string: #a3c077; --number: #dba55c; --comment: #808b94;
  }
}
html:has(body.parloop) { background: #faf9f6; }
@media (prefers-color-scheme: dark) { html:has(body.parloop) { background: #14171a; } }
body.parloop { margin: 0; }
.parloop *, .parloop *::before { box-sizing: border-box; }
.parloop main, .parloop > header { max-width: 1120px; margin: 0 auto; padding: 0 28px; }
.parloop > header { padding-top: 36px; }
.parloop h1 { font-size: 22px; font-weight: 650; letter-spacing: -.01em; margin: 0 0 2px;
  overflow-wrap: anywhere; }
.parloop h2 { font: 600 14px/1.4 var(--mono); margin: 40px 0 10px; overflow-wrap: anywhere; }
.parloop h3 { font-size: 12px; font-weight: 600; letter-spacing: .04em; color: var(--soft);
  margin: 22px 0 8px; }
.parloop p { margin: 0 0 10px; }
.parloop .lead { color: var(--soft); max-width: 76ch; }
.parloop code, .parloop pre { font-family: var(--mono); font-size: 13px; }
.parloop a { color: inherit;
  text-decoration-color: color-mix(in srgb, currentColor 35%, transparent);
  text-underline-offset: 3px; }
.parloop a:hover { text-decoration-color: currentColor; }
.parloop :focus-visible { outline: 2px solid var(--native); outline-offset: 2px;
  border-radius: 4px; }

.parloop .cpu { --mark: var(--cpu); }
.parloop .gpu { --mark: var(--gpu); }
.parloop .native { --mark: var(--native); }
.parloop .interpreter { --mark: var(--interpreter); }

.parloop .legend { display: flex; flex-wrap: wrap; gap: 6px 22px; list-style: none;
  margin: 16px 0 0;
  padding: 0; color: var(--soft); font-size: 13.5px; }
.parloop .legend b { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
.parloop .dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%;
  margin-right: 7px;
  background: var(--mark); border: 2px solid var(--mark); }
.parloop .dot.if { background: transparent; }

.parloop .scroll { overflow-x: auto; }
.parloop table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; }
.parloop th { font-weight: 500; color: var(--soft); text-align: left; padding: 4px 18px 6px 0;
  white-space: nowrap; }
.parloop td { padding: 5px 18px 5px 0; border-top: 1px solid var(--line); vertical-align: top; }
.parloop .right { text-align: right; }
.parloop table.runs { width: 100%; }
.parloop .bar { display: inline-block; height: 7px; border-radius: 2px; background: var(--mark);
  min-width: 2px; vertical-align: middle; margin-right: 8px; }

.parloop .text { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 10px 0; overflow: hidden; }
.parloop .line { display: grid; grid-template-columns: 4.4em auto minmax(0, 1fr) auto;
  align-items: start; font: 13px/1.62 var(--mono); padding-right: 14px; }
.parloop .number { color: var(--soft); opacity: .75; text-align: right; padding-right: 14px;
  user-select: none; }
.parloop .rails { display: flex; align-self: stretch; gap: 2px; width: 18px; }
.parloop .rails i { width: 3px; background: var(--mark); opacity: .38; }
.parloop .code { white-space: pre-wrap; overflow-wrap: anywhere; padding-left: 2px; tab-size: 4; }
.parloop .k { color: var(--keyword); } .parloop .s { color: var(--string); }
.parloop .n { color: var(--number); } .parloop .c { color: var(--comment); font-style: italic; }

.parloop details.loop > summary { cursor: pointer; list-style: none; position: relative;
  background: color-mix(in srgb, var(--mark) 9%, transparent); line-height: 1.85; }
.parloop details.loop > summary::-webkit-details-marker { display: none; }
.parloop details.loop > summary:hover {
  background: color-mix(in srgb, var(--mark) 16%, transparent); }
.parloop details.loop > summary:focus-visible { outline-offset: -2px; }
.parloop details.loop > summary .number::before { content: "\\25B8"; position: absolute; left: 14px;
  color: var(--mark); opacity: 1; transition: transform .12s; }
.parloop details.loop[open] > summary .number::before { transform: rotate(90deg); }
.parloop details.loop > summary .rails i:last-child { opacity: 1; }
.parloop .pill { font: 500 12.5px/1.92 system-ui, "DejaVu Sans", sans-serif; color: var(--mark);
  padding-left: 18px; text-align: right; }
.parloop .pill small { font-size: inherit; color: var(--soft); font-weight: 400; }
.parloop .panel { border-left: 3px solid var(--mark); margin: 0 0 6px 4.4em; padding: 4px 26px 20px;
  background: color-mix(in srgb, var(--mark) 3%, transparent); max-width: 980px; }
.parloop .panel > :first-child { margin-top: 12px; }

.parloop .reason { margin: 0 0 18px; }
.parloop .reason > p { font-weight: 550; margin-bottom: 6px; }
.parloop .tag { font: 500 11.5px/1 var(--mono); color: var(--mark); border: 1px solid
  color-mix(in srgb, var(--mark) 45%, transparent); border-radius: 4px; padding: 2px 5px;
  margin-right: 8px; white-space: nowrap; }
.parloop pre { margin: 0; overflow-x: auto; white-space: pre; line-height: 1.5; }
.parloop .shown { background: var(--card); border: 1px solid var(--line); border-radius: 7px;
  padding: 8px 12px; font-size: 12.5px; }
.parloop ul.notes { margin: 8px 0 0; padding-left: 18px; color: var(--soft); }
.parloop ul.notes li { margin: 2px 0; }
.parloop .yes { color: var(--cpu); } .parloop .no { color: var(--interpreter); }
.parloop .open { color: var(--soft); }
.parloop dl.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(138px, 1fr));
  gap: 10px 22px; margin: 0 0 12px; }
.parloop dl.figures div { display: flex; flex-direction: column; justify-content: flex-end; }
.parloop .time { white-space: nowrap; }
.parloop dl.figures dt { color: var(--soft); font-size: 12.5px; }
.parloop dl.figures dd { margin: 0; font-size: 17px; font-variant-numeric: tabular-nums; }
.parloop details.more { margin-top: 14px; }
.parloop details.more > summary { cursor: pointer; color: var(--soft); font-size: 13.5px; }
.parloop details.more > pre { margin-top: 8px; max-height: 480px; overflow: auto; }

.parloop .drawings { display: flex; flex-wrap: wrap; gap: 18px 34px; align-items: flex-start; }
.parloop figure { margin: 0; max-width: 320px; }
.parloop figcaption { color: var(--soft); font-size: 13px; margin-top: 8px; }
.parloop figcaption ul { margin: 6px 0 0; padding-left: 18px; }
.parloop svg.defs { position: absolute; }
.parloop svg { display: block; max-width: 100%; height: auto; }
.parloop svg circle { fill: var(--soft); opacity: .6; }
.parloop svg text { font: 12px var(--mono); fill: var(--soft); }
.parloop svg .arrow { fill: none; stroke: var(--interpreter); stroke-width: 1.6;
  marker-end: url(#tip); }
.parloop svg .faint { opacity: .28; }
.parloop svg .tip { fill: var(--interpreter); }
.parloop svg rect { fill: transparent; stroke: var(--line); stroke-width: 1.2; }
.parloop svg rect.read { fill: color-mix(in srgb, var(--native) 22%, transparent); }
.parloop svg rect.written { fill: color-mix(in srgb, var(--interpreter) 34%, transparent); }
.parloop svg rect.both { fill: color-mix(in srgb, var(--gpu) 30%, transparent); }
.parloop svg .letter { text-anchor: middle; fill: var(--ink); font-size: 12px; }
.parloop svg .axis { text-anchor: middle; font-size: 11px; }
.parloop svg .side { text-anchor: end; }

.parloop footer { max-width: 1120px; margin: 44px auto 36px; padding: 0 28px; color: var(--soft);
  font-size: 13px; }
@media (max-width: 720px) {
  .parloop main, .parloop > header, .parloop footer { padding-inline: 14px; }
  .parloop .line { grid-template-columns: 2.7em auto minmax(0, 1fr); font-size: 12px;
    padding-right: 8px; }
  .parloop .number { padding-right: 9px; }
  .parloop .pill { grid-column: 3; text-align: left; padding-left: 2px; }
  .parloop details.loop > summary .number::before { left: 4px; }
  .parloop .panel { margin-left: 0; padding-inline: 14px; }
  .parloop .rails { width: 12px; }
}
@media print {
  .parloop details.loop > summary { break-inside: avoid; }
  .parloop .text { overflow: visible; }
}
"""
