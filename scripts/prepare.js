'use strict';

// npm runs this after it has installed the dependencies of a checkout. If npm has cloned the repository to install the package from it,
// the package is built, because npm packs the clone without `prepack`. Otherwise, somebody develops here.
//
// The script is called postprepare: npm would ask the users of a package from Git whether they allow its `prepare`, although npm has
// run it before.
const { execSync } = require('node:child_process');
const path = require('node:path');

const isForGitDependency = process.env._PACOTE_NO_PREPARE_ !== undefined;

if (isForGitDependency) execSync('npm run build', { cwd: path.join(__dirname, '..'), stdio: 'inherit' });
else require('./link_self');
