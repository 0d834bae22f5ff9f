"use strict";

// Counts down in the bar of a trial, also in one that comes while the page is open. Without
// scripts the bar says when the trial ends; screen readers are told that, not each second.
(() => {
  const ends = new WeakMap(); // bar -> the revision it is about, and when that ends

  function endOf(bar) {
    const { same, left } = bar.dataset;
    if (ends.get(bar)?.same !== same) {
      // From what the server says is left: the clock of this machine may be another one.
      ends.set(bar, { same, at: Date.now() + Number(left) * 1000 });
    }
    return ends.get(bar).at;
  }

  function words(seconds) {
    if (seconds <= 0) return "its time is up";
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
  }

  function tick() {
    for (const bar of document.querySelectorAll(".trial[data-left]")) {
      const seconds = Math.round((endOf(bar) - Date.now()) / 1000);
      const left = bar.querySelector(".trial-left");
      left.textContent = words(seconds);
      left.hidden = false;
      bar.querySelector(".trial-until").classList.add("trial-unseen");
    }
  }

  setInterval(tick, 1000);
  tick();
})();
