// SPDX-License-Identifier: BSL-1.0
// Visits pages with headless Chromium: node visit.js PLAYWRIGHT_FOLDER. Standard input is a JSON list of visits, {home, profile,
// url, ...}; standard output is the list of what each saw. `home` holds the NSS database with authorities and keys, `profile`
// is a folder that is not there yet.
'use strict';
const fs = require('fs');
const path = require('path');
const { chromium } = require(path.join(process.argv[2], 'node_modules', 'playwright-core'));

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--host-resolver-rules=MAP *.plugtls.test 127.0.0.1, MAP plugtls.test 127.0.0.1'];

// A person would be asked which certificate to present. This has Chromium take the one that is there.
function presentUnasked(profile, url) {
  const folder = path.join(profile, 'Default');
  fs.mkdirSync(folder, { recursive: true });
  const setting = { last_modified: '13300000000000000', setting: { filters: [{}] } };
  const exceptions = { auto_select_certificate: { [`${new URL(url).origin},*`]: setting } };
  fs.writeFileSync(path.join(folder, 'Preferences'), JSON.stringify({ profile: { content_settings: { exceptions } } }));
}

async function visit(what) {
  presentUnasked(what.profile, what.url);
  const context = await chromium.launchPersistentContext(what.profile, {
    executablePath: process.env.PLUGTLS_BROWSER || '/usr/bin/chromium', args: FLAGS,
    env: { ...process.env, HOME: what.home, XDG_CONFIG_HOME: path.join(what.home, '.config') },
    viewport: { width: what.width || 1280, height: what.height || 900 }, colorScheme: what.scheme || 'light' });
  const seen = { browser: context.browser()?.version(), error: null, requests: [] };
  try {
    const page = context.pages()[0];
    page.on('request', (r) => seen.requests.push(r.url()));
    try {
      const response = await page.goto(what.url, { timeout: 30000 });
      seen.status = response.status();
      seen.security = await response.securityDetails();
    } catch (e) {
      seen.error = (/net::(ERR_[A-Z_0-9]+)/.exec(e.message) || [null, e.message])[1];
      await page.waitForLoadState();
      await page.waitForFunction(() => document.body && document.body.innerText !== '', null, { timeout: 5000 });
    }
    Object.assign(seen, await page.evaluate(() => ({
      title: document.title,
      text: document.documentElement.innerText,
      facts: Object.fromEntries([...document.querySelectorAll('dl > div')].map((d) =>
        [d.querySelector('dt').innerText, d.querySelector('dd').innerText])),
      overflows: document.documentElement.scrollWidth > window.innerWidth,
      background: getComputedStyle(document.body).backgroundColor })));
    if (what.screenshot) await page.screenshot({ path: what.screenshot, fullPage: true });
  } finally {
    await context.close();
  }
  return seen;
}

async function main() {
  let text = '';
  for await (const block of process.stdin) text += block;
  const results = [];
  for (const what of JSON.parse(text)) results.push(await visit(what));
  process.stdout.write(JSON.stringify(results));
}

main().catch((e) => {
  process.stderr.write(`${e.stack}\n`);
  process.exit(1);
});
