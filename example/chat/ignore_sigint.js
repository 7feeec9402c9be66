'use strict';

// Ctrl-C goes to every process of the terminal. Agent and worker leave it to the master, which stops them one after the
// other; ended at once, they would have no time to close, and the master would wait 5 s for the news of it.
process.on('SIGINT', () => {});
