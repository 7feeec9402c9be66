import type * as ts from 'typescript';
import { declaredIn } from '../source/nodes';
import type { Source } from '../source/source';
import { translateAck } from './ack';
import { type Binding, decoratorArguments, ENDINGS } from './bindings';
import { ContextUses } from './context';
import { placeForImports } from './imports';
import { translateMembers } from './members';
import { quote, wordOf } from './names';
import type { Translated } from './plain_controller';
import type { Shape } from './shape';

function decoratorOf(event: string): string {
  return ENDINGS[event] ? `@${ENDINGS[event].decorator}()` : `@OnWSMessage(${quote(event)})`;
}

/** A parameter for the context, which egg-socket.io passes to methods, becomes a variable. */
function replaceParameter({ source, fn, ctxName }: ContextUses): void {
  if (fn.parameters.length === 0 || !fn.body) return;
  const { ts, tree } = source;
  source.change(source.start(fn.parameters[0]), fn.parameters.at(-1)!.end, '');
  if (declaredIn(ts, fn.body).has(ctxName)) return;
  const first = (fn.body as ts.Block).statements[0];
  if (!first) return;
  const start = source.start(first);
  source.insert(start, `const ${ctxName}${fn.parameters[0].type ? `: ${fn.parameters[0].type.getText(tree)}` : ''} = this.ctx;\n${source.indentAt(start)}`);
}

/** The classes for the namespaces of a controller that is used in several: a class has one namespace only. */
function subclasses(name: string, bindings: readonly Binding[]): string {
  return bindings.map(binding => {
    const word = wordOf(binding.namespace);
    const members = [ ...new Set(binding.routes.map(({ member }) => member)) ].map(member => [
      ...binding.routes.filter(route => route.member === member)
        .flatMap(({ event, comments }) => [ ...comments, decoratorOf(event) ].map(line => `  ${line}`)),
      `  override ${member}() {`, `    return super.${member}();`, '  }',
    ].join('\n'));
    return [
      '', ...binding.comments, `@WSController(${decoratorArguments(binding)})`,
      `export class ${word[0].toUpperCase()}${word.slice(1)}${name} extends ${name} {`, members.join('\n\n'), '}', '',
    ].join('\n');
  }).join('');
}

/** Decorates the class of a TypeScript file, which otherwise stays as it is. */
export function decoratedController(source: Source, { classNode, members, exported }: Shape, bindings: readonly Binding[]): Translated {
  const { ts } = source;
  const node = classNode!;
  if (!exported.has(node as ts.Node as ts.Statement)) return { problem: 'its class is not a statement of its own' };
  const names = new Set([ 'WSController' ]);
  for (const { fn } of members) {
    if (!fn.body) continue;
    const uses = new ContextUses(source, fn, 'class');
    translateAck(uses);
    translateMembers(uses);
  }
  const routed = new Set(bindings.flatMap(({ routes }) => routes.map(({ member }) => member)));
  for (const { name, fn } of members) if (routed.has(name)) replaceParameter(new ContextUses(source, fn, 'class'));
  for (const { event } of bindings.flatMap(({ routes }) => routes)) names.add(ENDINGS[event]?.decorator ?? 'OnWSMessage');

  if (bindings.length > 1) {
    if (!node.name) return { problem: 'its class, which is used in several namespaces, has no name' };
    source.insert(node.end, `\n${subclasses(node.name.text, bindings).trimEnd()}`);
  } else {
    const [ binding ] = bindings;
    const indent = source.indentAt(source.start(node));
    source.insert(source.start(node), [ ...binding.comments, `@WSController(${decoratorArguments(binding)})`, '' ].join(`\n${indent}`));
    for (const { name, fn } of members) {
      const routes = binding.routes.filter(({ member }) => member === name);
      const start = source.start(fn);
      const lines = routes.flatMap(({ event, comments }) => [ ...comments, decoratorOf(event) ]);
      if (lines.length > 0) source.insert(start, [ ...lines, '' ].join(`\n${source.indentAt(start)}`));
    }
  }
  const at = placeForImports(source);
  source.insert(at, `import { ${[ ...names ].sort().join(', ')} } from 'egg-socketio';\n`);
  if (ts.getDecorators?.(node as ts.ClassDeclaration)?.length) return { problem: 'its class has decorators already' };
  return { text: source.render() };
}
