import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { sidebarOf } from './contents.mjs';
import { fitPages } from './markdown.mjs';

const DOCS = fileURLToPath(new URL('../../../docs', import.meta.url));

/** The pages are outside of this folder, and Vite would not find Vue from there. */
const vue = path.dirname(createRequire(import.meta.url).resolve('vue/package.json'));
const alias = [
  { find: /^vue$/, replacement: path.join(vue, 'dist/vue.runtime.esm-bundler.js') },
  { find: /^vue\/server-renderer$/, replacement: path.join(vue, 'server-renderer/index.mjs') },
];

const reference = '/reference/egg-socketio';

const english = {
  nav: [
    { text: 'Getting started', link: '/getting-started' },
    { text: 'Options', link: '/options' },
    { text: 'API', link: reference },
  ],
  sidebar: {
    '/': sidebarOf(path.join(DOCS, 'README.md'), '/'),
    '/reference/': [{
      text: 'API reference',
      items: [
        { text: 'egg-socketio', link: reference },
        { text: 'egg-socketio/client', link: `${reference}/client` },
        { text: 'egg-socketio/mock', link: `${reference}/mock` },
        { text: 'egg-socketio/prometheus', link: `${reference}/prometheus` },
      ],
    }],
  },
};

const chinese = {
  nav: [
    { text: '快速开始', link: '/zh/getting-started' },
    { text: '配置项', link: '/zh/options' },
    { text: 'API（英文）', link: reference },
  ],
  sidebar: sidebarOf(path.join(DOCS, 'zh/README.md'), '/zh/'),
  outline: { level: [ 2, 3 ], label: '本页目录' },
  docFooter: { prev: '上一页', next: '下一页' },
  darkModeSwitchLabel: '主题',
  lightModeSwitchTitle: '切换到浅色模式',
  darkModeSwitchTitle: '切换到深色模式',
  sidebarMenuLabel: '目录',
  returnToTopLabel: '返回顶部',
  langMenuLabel: '切换语言',
  skipToContentLabel: '跳到正文',
};

const searchInChinese = {
  translations: {
    button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
    modal: {
      displayDetails: '显示详情', resetButtonTitle: '清除', backButtonTitle: '关闭', noResultsText: '没有结果：',
      footer: { selectText: '选择', navigateText: '切换', closeText: '关闭' },
    },
  },
};

/** Words, also those of Chinese, which has no spaces between them. Runs in the browser too. */
const tokenize = text => Array.from(new Intl.Segmenter('zh', { granularity: 'word' }).segment(text))
  .flatMap(({ segment, isWordLike }) => (isWordLike ? segment : []));

export default defineConfig({
  srcDir: '../../docs',
  outDir: 'dist',
  title: 'egg-socketio',
  description: 'Socket.IO v4 for Egg.js',
  cleanUrls: true,
  rewrites: { 'README.md': 'index.md', 'zh/README.md': 'zh/index.md' },
  locales: {
    root: { label: 'English', lang: 'en', themeConfig: english },
    zh: { label: '简体中文', lang: 'zh-CN', description: 'Egg.js 的 Socket.IO v4 插件', themeConfig: chinese },
  },
  themeConfig: {
    outline: [ 2, 3 ],
    search: { provider: 'local', options: { locales: { zh: searchInChinese }, miniSearch: { options: { tokenize } } } },
  },
  vite: { resolve: { alias } },
  markdown: { config: md => fitPages(md, DOCS) },
});
