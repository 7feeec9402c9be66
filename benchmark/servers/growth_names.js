'use strict';

// What clients say to servers that have more and more of something.

/** @return {string[]} names of events in each namespace */
function eventsOf(count) {
  return Array.from({ length: count }, (_, i) => (i === 0 ? 'echo' : `event${i}`));
}

/** @return {string[]} names of namespaces */
function namespacesOf(count) {
  return Array.from({ length: count }, (_, i) => (i === 0 ? '/' : `/n${i}`));
}

module.exports = { eventsOf, namespacesOf };
