// The words of generating.
export default {
  "generate.title": "按描述生成商品图",
  "generate.text": "适用于样图与灵感板：生成的图片会在文件中注明。",
  "generate.wish": "想要什么？",
  "generate.wish.hint": "用几个词描述颜色、图案与款式，中英文均可。",
  "generate.idea.1": "藏青色条纹连衣裙",
  "generate.idea.2": "红色格纹衬衫",
  "generate.idea.3": "纯绿色衬衫",
  "generate.idea.4": "黄色印花 T 恤",
  "generate.go": "生成 {n} 张",
};
