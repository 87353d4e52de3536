import { expect, test } from 'vitest';
import { hasActiveContent } from '../../../src/files/svg-scripts.ts';
import { ENTITY_BOMB, SCRIPTED_SVG, STYLED_SVG } from '../../support/files/hostile-files.ts';
import { SVG, textBytes } from '../../support/files/sample-files.ts';

const svg = (content: string) => textBytes(`<svg xmlns="http://www.w3.org/2000/svg">${content}</svg>`);

test.each([
  '<script>alert(1)</script>',
  '<SCRIPT/>',
  '<svg:script xmlns:svg="http://www.w3.org/2000/svg"/>',
  '<rect onload="alert(1)"/>',
  '<rect\nonclick = "alert(1)"/>',
  '<rect x="1"onclick="alert(1)"/>',
  '<a href="javascript:alert(1)"/>',
  '<a href="java&#115;cript:alert(1)"/>',
  '<a href="&#x6A;avascript:alert(1)"/>',
  '<a href="javascript&#58;alert(1)"/>',
  '<a href="javascript&#x3A;alert(1)"/>',
  '<a href="java&#10;script:alert(1)"/>',
  '<a href="java&#x0D;script&#9;:alert(1)"/>',
  '<foreignObject/>',
  '<animate attributeName="href" values="javascript:alert(1)"/>',
])('an SVG with %s is refused', (content) => {
  expect(hasActiveContent(svg(content))).toBe(true);
});

test('hostile files are refused', () => {
  for (const file of [SCRIPTED_SVG, ENTITY_BOMB, STYLED_SVG]) expect(hasActiveContent(file)).toBe(true);
});

test.each([
  '',
  '<title>Station &amp; sons&#8230; &#x2014; once = one</title>',
  '<style>.on{fill:red}</style><path class="on" d="M0 0h1"/>',
  '<path d="M0 0&#10;&#x9;h1"/><title>Price&#58; 1</title>',
  '<use href="#icon"/><image href="data:image/png;base64,AAAA"/>',
])('one with %s is taken', (content) => {
  expect(hasActiveContent(svg(content))).toBe(false);
  expect(hasActiveContent(SVG)).toBe(false);
});
