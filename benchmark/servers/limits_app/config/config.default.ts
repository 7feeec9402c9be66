export default () => ({ keys: 'benchmark', logger: { consoleLevel: 'NONE', level: 'NONE' } });
