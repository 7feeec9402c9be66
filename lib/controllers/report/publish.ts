import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Application as EggApplication } from 'egg';
import type { NamespacePlan } from '../plan/types';
import { relativePath } from '../../base/paths';
import { createReport } from './report';
import { formatTable } from './table';

/** The file in Egg's folder `run`, next to `router.json` and Egg's other files. */
const FILE = 'socketio.json';

/** Publishes once per app what was loaded: in a file, and in the log. */
export class StartupReporter {
  private readonly report;
  private readonly json: string;

  constructor(private readonly app: EggApplication, plans: readonly NamespacePlan[]) {
    this.report = createReport(plans, app.baseDir);
    this.json = `${JSON.stringify(this.report, null, 2)}\n`;
  }

  /** A digest that is equal for workers that have loaded the same. */
  get digest(): string {
    return createHash('sha256').update(this.json).digest('base64url');
  }

  /** @param table - whether it is logged as well */
  publish({ table }: { table: boolean }): void {
    const file = path.join(this.app.config.rundir, FILE);
    const written = this.write(file);
    if (!table) return;
    const where = written ? ` (as JSON in ${relativePath(this.app.baseDir, file)})` : '';
    this.app.logger.info('[egg-socketio] loaded %s', formatTable(this.report, where));
  }

  private write(file: string): boolean {
    try {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, this.json);
      return true;
    } catch (error) {
      this.app.logger.warn('[egg-socketio] cannot write what was loaded to %s: %s.', file, (error as Error).message);
      return false;
    }
  }
}
