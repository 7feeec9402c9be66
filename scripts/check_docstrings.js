'use strict';

// Whether each public export says what there is to know: a part of `npm run lint`. ESLint's rules see one file at a time, and not
// what the entries of the package make public.

const { existsSync, readFileSync } = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

/* eslint no-bitwise: off -- the compiler's flags are bits */

/** What an app imports. */
const ENTRIES = [ 'index.ts', 'mock.ts', 'prometheus.ts', 'client.ts' ];
const ROOT = path.join(__dirname, '..');
const PAGE = /@see docs\/([\w.-]+\.md)(?:#([\w-]+))?/;

/** What the package says of itself is checked; what it takes over from others is not. */
function isOwn(declaration) {
  const file = declaration.getSourceFile().fileName;
  return file.startsWith(ROOT) && !file.includes('node_modules');
}

/** The comment as it is written: the compiler takes `@see docs/…` for the name of something. */
function docOf(declaration) {
  return ts.getJSDocCommentsAndTags(declaration).map(comment => comment.getText());
}

/** Whether a page exists, and the heading in it, as GitHub makes an address of it. */
function leadsSomewhere([ , page, anchor ]) {
  const file = path.join(ROOT, 'docs', page);
  if (!existsSync(file)) return false;
  const headings = [ ...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm) ];
  return !anchor || headings.some(([ , text ]) => text.toLowerCase().replace(/[^\w -]/g, '').replace(/ /g, '-') === anchor);
}

class Checker {
  problems = [];
  checked = 0;

  constructor(program) {
    this.types = program.getTypeChecker();
  }

  checkEntry(file) {
    for (const exported of this.types.getExportsOfModule(this.types.getSymbolAtLocation(file))) this.checkExport(exported);
  }

  checkExport(exported) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? this.types.getAliasedSymbol(exported) : exported;
    const own = (symbol.declarations ?? []).filter(isOwn);
    if (own.length === 0) return;
    this.checked += 1;
    const complain = problem => this.complain(own[0], exported.name, problem);
    if (!this.textOf(symbol)) complain('no docstring');
    const link = own.flatMap(docOf).map(text => PAGE.exec(text)).find(Boolean);
    if (!link) complain('no `@see docs/….md`');
    else if (!leadsSomewhere(link)) complain(`${link[0]}: there is no such page, or no such heading`);
    for (const declaration of own) {
      if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) this.checkMembers(declaration, exported.name);
    }
    if (symbol.valueDeclaration && !ts.isClassDeclaration(symbol.valueDeclaration)) this.checkParameters(symbol, own[0], exported.name);
  }

  checkMembers(declaration, name) {
    for (const member of declaration.members) {
      const flags = ts.getCombinedModifierFlags(member);
      if (!member.name || !ts.isIdentifier(member.name) || flags & ts.ModifierFlags.NonPublicAccessibilityModifier) continue;
      const symbol = this.types.getSymbolAtLocation(member.name);
      const where = `${name}.${symbol.name}`;
      const isOption = member.questionToken && ts.isPropertySignature(member) && !(flags & ts.ModifierFlags.Readonly);
      if (!this.textOf(symbol) && this.tagsOf(symbol).length === 0) this.complain(member, where, 'no docstring');
      else if (isOption && !this.hasDefault(symbol)) this.complain(member, where, 'optional, with neither `@default` nor `Default: …`');
    }
  }

  checkParameters(symbol, declaration, name) {
    const type = this.types.getTypeOfSymbolAtLocation(symbol, declaration);
    const [ signature ] = type.getCallSignatures();
    if (!signature) return;
    const described = new Set(this.tagsOf(symbol).filter(tag => tag.name === 'param').map(({ parameter }) => parameter));
    for (const { name: parameter } of signature.parameters) {
      if (!described.has(parameter)) this.complain(declaration, name, `no \`@param ${parameter}\``);
    }
  }

  textOf(symbol) {
    return ts.displayPartsToString(symbol.getDocumentationComment(this.types)).trim();
  }

  tagsOf(symbol) {
    return symbol.getJsDocTags(this.types).map(({ name, text = [] }) => ({
      name, text: ts.displayPartsToString(text), parameter: text.find(({ kind }) => kind === 'parameterName')?.text,
    }));
  }

  hasDefault(symbol) {
    return this.tagsOf(symbol).some(({ name }) => name === 'default') || /\bDefault: /.test(this.textOf(symbol));
  }

  complain(node, name, problem) {
    const file = node.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    this.problems.push(`${path.relative(ROOT, file.fileName)}:${line + 1}: ${name}: ${problem}`);
  }
}

/**
 * @param {string[]} entries - files, from the root of the repository
 * @return {{ problems: string[], checked: number }} what is missing, each once, and how many exports were looked at
 */
function checkDocstrings(entries) {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const files = entries.map(entry => path.resolve(ROOT, entry));
  const program = ts.createProgram(files, options);
  const checker = new Checker(program);
  for (const file of files) checker.checkEntry(program.getSourceFile(file));
  return { checked: checker.checked, problems: [ ...new Set(checker.problems) ] };
}

module.exports = { checkDocstrings, ENTRIES };

if (require.main === module) {
  const { problems, checked } = checkDocstrings(ENTRIES);
  for (const problem of problems) console.error(problem);
  console.log(`${checked} public exports, ${problems.length} problems with their docstrings`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
