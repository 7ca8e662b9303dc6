// Keeps an open page up to date. The server says what changed (topics); regions of the page that show it are read again
// and replaced. Progress comes with its texts and is shown without asking.

const stateLabel = document.getElementById('live-state');
const due = new Set();
let timer = null;
let lastRefresh = 0;
let connectedBefore = false;
let source = null;

function show(state) {
  if (stateLabel && stateLabel.dataset.state !== state) {
    stateLabel.dataset.state = state;
    stateLabel.textContent = stateLabel.dataset[state];
  }
}

function regions() {
  return [...document.querySelectorAll('[data-live]')];
}

function topicsOf(region) {
  return region.dataset.live.split(' ');
}

function changed(topics) {
  for (const region of regions()) {
    if (topicsOf(region).some(topic => topics.includes(topic))) {
      due.add(region.id);
    }
  }
  schedule();
}

function schedule() {
  if (due.size === 0 || timer !== null) {
    return;
  }
  const pause = Math.max(0, ...[...due].map(id => Number(document.getElementById(id)?.dataset.liveMin ?? 1)));
  const wait = Math.max(250, lastRefresh + pause * 1000 - Date.now());
  timer = setTimeout(refresh, wait);
}

async function refresh() {
  timer = null;
  lastRefresh = Date.now();
  const wanted = new Set(due);
  due.clear();
  try {
    const answer = await fetch(location.href, {headers: {'Accept': 'text/html', 'X-Region': 'live'}});
    if (answer.redirected && new URL(answer.url).pathname === '/login') {
      location.reload();
      return;
    }
    if (!answer.ok) {
      return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const region of regions()) {
      if (wanted.has(region.id)) {
        const replacement = fresh.getElementById(region.id);
        if (replacement) {
          replace(region, replacement);
        }
      }
    }
  } catch (problem) {
    show('off');
  }
  schedule();
}

// Open details stay open, and the focus stays on what it was on.
function replace(region, replacement) {
  const open = [...region.querySelectorAll('details')].map(details => details.open);
  const focused = region.contains(document.activeElement) ? identify(document.activeElement, region) : null;
  region.replaceWith(replacement);
  const details = [...replacement.querySelectorAll('details')];
  if (details.length === open.length) {
    details.forEach((element, index) => { element.open = element.open || open[index]; });
  }
  if (focused) {
    replacement.querySelectorAll(focused.selector)[focused.index]?.focus({preventScroll: true});
  }
}

function identify(element, region) {
  const selector = element.id ? '#' + CSS.escape(element.id)
      : element.href ? `a[href="${CSS.escape(element.getAttribute('href'))}"]`
      : element.tagName.toLowerCase();
  return {selector, index: Math.max(0, [...region.querySelectorAll(selector)].indexOf(element))};
}

function progress(data) {
  for (const place of document.querySelectorAll(`[data-progress="${CSS.escape(data.subject)}"]`)) {
    place.querySelector('progress').value = data.permille;
    for (const part of ['text', 'rate', 'left']) {
      place.querySelector(`[data-part="${part}"]`).textContent = data[part];
    }
  }
}

function connect() {
  source = new EventSource('/events/stream');
  source.addEventListener('hello', () => {
    show('on');
    if (connectedBefore) {
      regions().forEach(region => due.add(region.id));
      schedule();
    }
    connectedBefore = true;
  });
  for (const kind of ['run', 'point', 'takeover', 'host', 'alert']) {
    source.addEventListener(kind, event => changed(JSON.parse(event.data).topics));
  }
  source.addEventListener('progress', event => progress(JSON.parse(event.data)));
  source.onerror = () => {
    show('off');
    if (source?.readyState === EventSource.CLOSED) {
      regions().forEach(region => due.add(region.id));
      schedule();
      source = null;
      setTimeout(() => {
        if (source === null && document.visibilityState === 'visible') {
          connect();
        }
      }, 10000);
    }
  };
}

// Some states change without an event, such as a probe that is still asking.
for (const region of document.querySelectorAll('[data-live-every]')) {
  const id = region.id;
  const beat = setInterval(() => {
    const now = document.getElementById(id);
    if (!now?.dataset.liveEvery) {
      clearInterval(beat);
      regions().forEach(other => due.add(other.id));
      schedule();
      return;
    }
    if (document.visibilityState === 'visible') {
      changed(topicsOf(now));
    }
  }, Number(region.dataset.liveEvery) * 1000);
}

// A page that nobody sees holds no connection: browsers allow only a few to one server, whatever the number of tabs.
function disconnect() {
  source?.close();
  source = null;
  show('wait');
}

document.addEventListener('visibilitychange', () => {
  disconnect();
  if (document.visibilityState === 'visible') {
    connect();
  }
});
addEventListener('pagehide', disconnect);
addEventListener('pageshow', event => {
  if (event.persisted && source === null) {
    connect();
  }
});
if (document.visibilityState === 'visible') {
  connect();
}
