'use strict';

// Makes a release of the version in package.json: `npm run release -- 0.1.0`. It packs the package and tags the commit, and refuses
// to do either if something is not ready. It publishes nothing: that needs the rights of a person.
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const path = require('node:path');

const BRANCH = 'main';
const root = path.join(__dirname, '..');

const run = (program, ...args) => execFileSync(program, args, { cwd: root, encoding: 'utf8', stdio: [ 'ignore', 'pipe', 'inherit' ] }).trim();
const read = file => readFileSync(path.join(root, file), 'utf8');

/** The sections of the changelog, the newest first. */
function sectionsOf(changelog) {
  return changelog.split(/^## /m).slice(1).map(section => {
    const [ heading ] = section.split('\n', 1);
    const [ , name, date ] = /^\[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$/.exec(heading) ?? [];
    return { heading, name, date, text: section.slice(heading.length).trim() };
  });
}

/** Returns the problems of the changelog that prevent the release of a version. */
function problemsOfChangelog(version) {
  const [ first, ...others ] = sectionsOf(read('CHANGELOG.md'));
  const section = first?.name === 'Unreleased' && first.text === '' ? others[0] : first;
  if (section?.name !== version) {
    const found = section ? `## ${section.heading}` : 'no section';
    return [ `CHANGELOG.md: the newest section with text must be "## [${version}] - DATE", and is "${found}": move what is new into it` ];
  }
  if (!section.date) return [ `CHANGELOG.md: "## ${section.heading}" has no date: expected "## [${version}] - 2026-11-30"` ];
  return section.text ? [] : [ `CHANGELOG.md: "## ${section.heading}" is empty` ];
}

/** Everything that stands in the way of the release. */
function problemsOf(asked, version) {
  const branch = run('git', 'rev-parse', '--abbrev-ref', 'HEAD');
  const changed = run('git', 'status', '--porcelain');
  const lock = JSON.parse(read('package-lock.json'));
  const tag = `v${version}`;
  return [
    ...asked === version ? [] : [ `package.json has version ${version}, and ${asked ?? 'none'} was asked for: npm run release -- ${version}` ],
    ...[ lock.version, lock.packages[''].version ].every(each => each === version) ? [] : [ `package-lock.json has another version than ${version}: run npm install` ],
    ...branch === BRANCH ? [] : [ `the branch is ${branch}: releases are made from ${BRANCH}` ],
    ...changed ? [ `there are changes that are not committed:\n${changed}` ] : [],
    ...run('git', 'tag', '--list', tag) ? [ `the tag ${tag} exists: choose another version` ] : [],
    ...problemsOfChangelog(version),
  ];
}

/** The name of the packed file, or nothing if it could not be packed; npm then says why. */
function pack() {
  try {
    return run('npm', 'pack').split('\n').at(-1);
  } catch (error) {
    console.error(error.stdout);
    return undefined;
  }
}

function main(asked) {
  const { name, version } = JSON.parse(read('package.json'));
  const problems = problemsOf(asked, version);
  if (problems.length > 0) {
    console.error(problems.map(problem => `Not released: ${problem}`).join('\n'));
    return 1;
  }
  const file = pack();
  if (!file) {
    console.error('Not released: npm pack has failed');
    return 1;
  }
  run('git', 'tag', '--annotate', `v${version}`, '--message', `${name} ${version}`);
  console.log(`${file} is packed, and the commit has the tag v${version}. To publish them:\n  git push origin ${BRANCH} v${version}\n  npm publish ${file}`);
  return 0;
}

process.exitCode = main(process.argv[2]);
