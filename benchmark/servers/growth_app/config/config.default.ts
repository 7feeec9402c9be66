export default () => ({ keys: 'benchmark', logger: { consoleLevel: 'NONE' } });
