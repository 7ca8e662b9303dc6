// Shows the screen of a machine as it is now: the next picture is asked for when the last one has come, and only while
// somebody can see the page.

for (const image of document.querySelectorAll('img[data-screen-every]')) {
  const address = image.getAttribute('src');
  const pause = Number(image.dataset.screenEvery) * 1000;
  const state = document.querySelector('[data-screen-state]');

  const next = () => setTimeout(() => {
    if (document.visibilityState !== 'visible') {
      next();
      return;
    }
    const picture = new Image();
    picture.onload = () => {
      image.src = picture.src;
      image.classList.remove('gone');
      if (state) {
        state.textContent = state.dataset.liveText;
      }
      next();
    };
    picture.onerror = () => {
      if (state) {
        state.textContent = state.dataset.goneText;
      }
      next();
    };
    picture.src = `${address}?${Date.now()}`;
  }, pause);

  image.addEventListener('error', () => image.classList.add('gone'));
  next();
}
