"""Writes tests/data/hub: tiny random checkpoints of every family, and what transformers makes of them.

The Rust networks must give the same scores, the same generated ids and the same tokens (tests/it/hub.rs). Weights are
rounded to bf16 and stored so (but where a case says otherwise), the reference values are computed from those numbers
in f32.

    python training/fixtures_hub.py tests/data/hub [--t5-tokenizer FILE]

Without --t5-tokenizer the hashes of T5's own tokenizer are kept as they are.
"""

import argparse
import hashlib
import json
import random
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

SEED = 11
STEPS = 64  # decoder positions whose scores are compared
KEPT = 8  # of the scores at position p those of ids = p modulo KEPT are stored
SOURCES = (1, 7, 33, 600)  # pieces
NEW_TOKENS = 20

WIDTH = dict(d_model=32)
T5 = dict(vocab_size=203, d_kv=8, d_ff=48, num_layers=2, num_heads=4, decoder_start_token_id=0, **WIDTH)
BART = dict(
    encoder_layers=2,
    decoder_layers=2,
    encoder_attention_heads=4,
    decoder_attention_heads=4,
    encoder_ffn_dim=48,
    decoder_ffn_dim=48,
    max_position_embeddings=640,
    **WIDTH,
)

LOOM = Path(__file__).resolve().parent.parent / "data" / "loom"
PICKLED = ("bart",)  # stored as pytorch_model.bin

TASKS = {
    "summarization": dict(prefix="summarize: ", num_beams=4, max_length=30, min_length=5, no_repeat_ngram_size=3),
    "translation_en_to_de": dict(prefix="translate English to German: ", early_stopping=True, num_beams=2),
}
FAMILIES = {
    "t5": (transformers.T5Config, T5 | dict(num_layers=3, num_decoder_layers=2, task_specific_params=TASKS)),
    "flan": (transformers.T5Config, T5 | dict(d_kv=12, feed_forward_proj="gated-gelu", tie_word_embeddings=False)),
    "bart": (transformers.BartConfig, BART | dict(vocab_size=347)),
    "pegasus": (
        transformers.PegasusConfig,
        BART | dict(vocab_size=211, scale_embedding=True, activation_function="relu"),
    ),
    "mbart": (transformers.MBartConfig, BART | dict(vocab_size=211, scale_embedding=True, decoder_start_token_id=2)),
    "marian": (
        transformers.MarianConfig,
        BART
        | dict(
            vocab_size=211,
            decoder_vocab_size=211,
            scale_embedding=True,
            activation_function="swish",
            pad_token_id=210,
            decoder_start_token_id=210,
        ),
    ),
}


def random_network(config):
    """Weights large enough that attention is uneven and scores are of the size of trained ones, rounded to bf16."""
    network = transformers.AutoModelForSeq2SeqLM.from_config(config).eval()
    if config.model_type == "t5" and config.feed_forward_proj == "gated-gelu":
        network.lm_head.weight = torch.nn.Parameter(torch.zeros_like(network.lm_head.weight))
    with torch.no_grad():
        for name, tensor in network.state_dict(keep_vars=True).items():
            if "embed_positions" in name and config.model_type in ("pegasus", "marian"):
                pass  # sines and cosines; Marian's file does not hold them, so they stay as they are
            elif "norm" in name and name.endswith("weight"):
                tensor.copy_(1 + 0.3 * torch.randn_like(tensor))
            elif name == "final_logits_bias":
                tensor.copy_(0.5 * torch.randn_like(tensor))
            else:
                tensor.copy_(torch.randn_like(tensor) * spread(config, name, tensor))
            if not ("embed_positions" in name and config.model_type == "marian"):
                tensor.copy_(tensor.bfloat16().float())
    return network


def spread(config, name, tensor):
    if tensor.dim() < 2:
        return 0.1
    if "shared" in name or "embed_tokens" in name or "lm_head" in name:
        # scores are of the size of 3 where the decoder's vectors are of the size of 1
        scale = {"t5": 3.0}.get(config.model_type, 0.5)
        return 0.5 if name == "lm_head.weight" and config.model_type == "t5" else scale
    # T5 does not divide products of queries and keys by anything
    return 0.1 if name.endswith("Attention.q.weight") else 0.3


def ids_between(generator, low, high, count):
    return torch.randint(low, high, (count,), generator=generator).tolist()


def reference_scores(network, generator):
    """Sources, decoder ids and a part of the scores after each; encoded one by one, without padding."""
    tensors = {}
    vocabulary = network.config.vocab_size
    for index, length in enumerate(SOURCES):
        source = ids_between(generator, 3, vocabulary - 1, length)
        target = [
            network.generation_config.decoder_start_token_id,
            *ids_between(generator, 3, vocabulary - 1, STEPS - 1),
        ]
        with torch.no_grad():
            scores = network(input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([target])).logits[0]
        kept = torch.stack([row[place % KEPT :: KEPT][: vocabulary // KEPT] for place, row in enumerate(scores)])
        tensors[f"{index}.source"] = torch.tensor(source, dtype=torch.int32)
        tensors[f"{index}.target"] = torch.tensor(target, dtype=torch.int32)
        tensors[f"{index}.scores"] = kept.contiguous()
    return tensors


SEARCHES = [
    dict(),
    dict(no_repeat_ngram_size=2, min_new_tokens=6),
    dict(repetition_penalty=1.3, max_new_tokens=12),
    dict(num_beams=4, num_return_sequences=4),
    dict(num_beams=4, length_penalty=2.0, early_stopping=True, no_repeat_ngram_size=3, max_length=14, min_length=5),
    dict(num_beams=4, length_penalty=0.6, early_stopping="never", num_return_sequences=2),
    dict(num_beams=3, length_penalty=-1.0, early_stopping=False, forced_bos_token_id=5, forced_eos_token_id=1),
    dict(num_beams=2, renormalize_logits=True, bad_words_ids=[[7], [9, 4]], suppress_tokens=[11, 12]),
    dict(num_beams=4, encoder_no_repeat_ngram_size=2, begin_suppress_tokens=[3, 1], max_new_tokens=10),
    dict(num_beams=4, early_stopping=True, forced_bos_token_id=1, num_return_sequences=1),
    dict(num_beams=5, length_penalty=0.0, early_stopping="never", max_new_tokens=1),
]


def reference_generations(network, generator):
    """Each search over a padded batch of three sources: settings, sources, ids and scores that came out."""
    config, cases = network.config, []
    eos, vocabulary = config.eos_token_id, config.vocab_size
    for search in SEARCHES:
        search = dict(search)
        if "forced_eos_token_id" in search:
            search["forced_eos_token_id"] = eos
        if search.get("forced_bos_token_id") == 1:
            search["forced_bos_token_id"] = eos  # the end at once
        sources = [ids_between(generator, 3, vocabulary - 1, length) for length in (9, 3, 14)]
        # The reference takes padding for a part of the source that must not be copied.
        batches = [[source] for source in sources] if "encoder_no_repeat_ngram_size" in search else [sources]
        found = [generate(network, batch, search) for batch in batches]
        texts = [row for rows, _ in found for row in rows]
        scores = [score for _, scores in found for score in scores]
        count = search.get("num_return_sequences", 1)
        in_groups = lambda items: [items[i : i + count] for i in range(0, len(items), count)]  # noqa: B023, E731
        cases.append(
            {"settings": search, "sources": sources, "texts": in_groups(texts), "scores": in_groups(scores) or None}
        )
    return cases


def generate(network, sources, search):
    """The ids of each text and, of a beam, their scores, over one padded batch."""
    longest = max(map(len, sources))
    rows = [source + [network.config.pad_token_id] * (longest - len(source)) for source in sources]
    mask = [[1] * len(source) + [0] * (longest - len(source)) for source in sources]
    with torch.no_grad():
        found = network.generate(
            torch.tensor(rows),
            attention_mask=torch.tensor(mask),
            return_dict_in_generate=True,
            output_scores=True,
            **search,
        )
    texts = [cut(row.tolist()[1:], network.config.eos_token_id) for row in found.sequences]
    return texts, found.sequences_scores.tolist() if "num_beams" in search else []


def cut(ids, eos):
    """Without the padding after the end."""
    return ids[: ids.index(eos) + 1] if eos in ids else ids


def choose_end(network, generator):
    """Makes the id that most texts hold in their middle the end: random networks seldom write the usual one."""
    network.generation_config.eos_token_id = None
    sources = torch.tensor([ids_between(generator, 3, network.config.vocab_size - 1, 12) for _ in range(8)])
    counts = {}
    for search in (dict(), dict(no_repeat_ngram_size=2), dict(num_beams=4, no_repeat_ngram_size=3)):
        with torch.no_grad():
            texts = network.generate(sources, **search)[:, 1:].tolist()
        for text in texts:
            for place, token in enumerate(dict.fromkeys(text)):
                counts[token] = counts.get(token, 0) + (1 if place >= 2 else -1)
    config = network.config
    taken = {config.pad_token_id, network.generation_config.decoder_start_token_id, 3, 4, 5, 7, 9, 11, 12}
    end = max((token for token in counts if token not in taken), key=lambda token: (counts[token], -token))
    config.eos_token_id = network.generation_config.eos_token_id = end


def write(folder, config_class, settings):
    config = config_class(**settings)
    network = random_network(config)
    network.generation_config.max_length = NEW_TOKENS + 1
    network.generation_config.forced_eos_token_id = None
    generator = torch.Generator().manual_seed(SEED)
    folder.mkdir(parents=True)
    choose_end(network, generator)
    scores = reference_scores(network, generator)
    cases = reference_generations(network, generator)
    save_file(scores, folder / "reference.safetensors")
    lines = ",\n".join(json.dumps(case) for case in cases)
    (folder / "generations.json").write_text(f"[\n{lines}\n]\n")
    network.bfloat16().save_pretrained(folder)
    if folder.name in PICKLED:
        (folder / "model.safetensors").unlink()
        torch.save(network.state_dict(), folder / "pytorch_model.bin")
    for case in cases:
        print(folder.name, case["settings"], [[len(text) for text in texts] for texts in case["texts"]])


ODD = [
    "", " ", "   two  spaces ", "\t tab\nline break\r\n", "naïve café", "Straße nach Überlingen", "Ελληνικά γράμματα",
    "Привет, мир!", "こんにちは世界", "你好，世界。", "안녕하세요", "مرحبا بالعالم", "שלום עולם", "हिन्दी में", "ไทย",
    "👩‍👩‍👧‍👦 family 🎉", "ﬁ ligature ½ ⅷ ①", "e\u0301 combined", "\u00a0no-break\u2003em\u200bzero", "\ufeffmark",
    "a < b && c >= d", "{curly} [square] `tick` ~tilde~ ^caret^", "</s> <pad> <extra_id_0> <s> <mask>", "x" * 300,
    "SELECT * FROM t WHERE a = 'it''s'", "100% of $5.00 = 4,99 €", "don't “quote” ‘me’ — really…", "ALL CAPS and MiXeD",
    "\u0000nul", "tail of spaces      ", "1234567890" * 5, "ÀÁÂÃÄÅ àáâãäå ÑÒÓÔÕÖ", "∑ ∫ √ ≈ ≠ ≤ ≥ ∞", "🇩🇪🇫🇷",
    "\ud7ff\ue000",
]  # fmt: skip


def test_lines():
    """1,000 lines: questions, schemas, long prose and odd Unicode, all from the project's own files."""
    chance = random.Random(SEED)
    questions = [json.loads(line)["question"] for line in (LOOM / "questions.jsonl").read_text().splitlines()]
    schemas = sorted((LOOM / "schemas").glob("*.sql"))
    tables = [line for path in schemas for line in path.read_text().splitlines() if line.startswith("CREATE TABLE")]
    lines = ODD + chance.sample(questions, 580) + chance.sample(tables, 230)
    lines += [" ".join(chance.sample(questions, chance.randint(4, 10))) for _ in range(30)]
    while len(lines) < 1000:
        words = chance.choice(questions).split() + chance.choice(ODD).split()
        chance.shuffle(words)
        lines.append(chance.choice([" ", "  ", "\u00a0", ", "]).join(words))
    return lines


def spoken(lines):
    return [line for line in lines if line.isascii() and line.strip()]


def train_unigram(lines, first, size):
    """A Unigram vocabulary as a list of pieces with their scores; `first` are its first pieces."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=size, special_tokens=first, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(spoken(lines), trainer)
    vocabulary = json.loads(tokenizer.to_str())["model"]["vocab"]
    return [(piece, score) for piece, score in vocabulary][:size]


def train_bpe(lines, size):
    """A byte-level BPE vocabulary and its merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    first = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=first, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(spoken(lines), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(pair) for pair in model["merges"]]


def tokenizers(lines):
    """One tokenizer a kind, as the classes of transformers set it up."""
    vocabulary, merges = train_bpe(lines, 340)
    bart = transformers.BartTokenizer(vocab=vocabulary, merges=merges)
    t5 = transformers.T5Tokenizer(vocab=train_unigram(lines, ["<pad>", "</s>", "<unk>"], 190), extra_ids=10)
    first = ["<pad>", "</s>", "<mask_1>", "<mask_2>", "<unk_2>", "<unk>"]
    pegasus = transformers.PegasusTokenizer(vocab=train_unigram(lines, first, 200), offset=3)
    return {"bart": bart, "t5": t5, "pegasus": pegasus}


def prints(tokenizer, lines):
    """For each line six digits of the hash of its ids, and six of the text that comes back."""
    digest = lambda text: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]  # noqa: E731
    ids = [tokenizer(line)["input_ids"] for line in lines]
    back = [tokenizer.decode(row, skip_special_tokens=True) for row in ids]
    return [digest(" ".join(map(str, row))) + digest(text) for row, text in zip(ids, back, strict=True)]


def write_tokens(out, t5_file):
    lines = test_lines()
    (out / "lines.json").write_text("[\n" + ",\n".join(json.dumps(line) for line in lines) + "\n]\n")
    kept = out / "tokens.json"
    found = json.loads(kept.read_text()) if kept.is_file() else {}
    for name, tokenizer in tokenizers(lines).items():
        tokenizer.backend_tokenizer.save(str(out / name / "tokenizer.json"), pretty=False)
        found[name] = " ".join(prints(tokenizer, lines))
        print(name, len(tokenizer), tokenizer(lines[40])["input_ids"])
    if t5_file:
        reader = transformers.PreTrainedTokenizerFast(tokenizer_file=str(t5_file), pad_token="<pad>", eos_token="</s>")
        reader.backend_tokenizer.no_padding()
        reader.backend_tokenizer.no_truncation()
        found["t5-published"] = " ".join(prints(reader, lines))
    kept.write_text(json.dumps(found, indent=0) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--t5-tokenizer", type=Path)
    parser.add_argument("--tokens-only", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, (config_class, settings) in FAMILIES.items() if not options.tokens_only else ():
        torch.manual_seed(SEED)
        folder = options.out / name
        shutil.rmtree(folder, ignore_errors=True)
        write(folder, config_class, settings)
    write_tokens(options.out, options.t5_tokenizer)


if __name__ == "__main__":
    main()
