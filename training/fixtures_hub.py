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
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

SEED = 11
STEPS = 64  # decoder positions whose scores are compared
KEPT = 8  # of the scores at position p those of ids = p modulo KEPT are stored
SOURCES = (1, 7, 33, 600)  # pieces
NEW_TOKENS = 20

WIDTH = dict(d_model=32)
T5 = dict(
    vocab_size=203, d_kv=8, d_ff=48, num_layers=2, num_heads=4, decoder_start_token_id=0, **WIDTH
)
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

PICKLED = ("bart",)  # stored as pytorch_model.bin

FAMILIES = {
    "t5": (transformers.T5Config, T5 | dict(num_layers=3, num_decoder_layers=2)),
    "flan": (transformers.T5Config, T5 | dict(d_kv=12, feed_forward_proj="gated-gelu", tie_word_embeddings=False)),
    "bart": (transformers.BartConfig, BART | dict(vocab_size=347)),
    "pegasus": (transformers.PegasusConfig, BART | dict(vocab_size=211, scale_embedding=True, activation_function="relu")),
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
        target = [network.generation_config.decoder_start_token_id, *ids_between(generator, 3, vocabulary - 1, STEPS - 1)]
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
        longest = max(map(len, sources))
        pad = config.pad_token_id
        rows = [source + [pad] * (longest - len(source)) for source in sources]
        mask = [[1] * len(source) + [0] * (longest - len(source)) for source in sources]
        with torch.no_grad():
            found = network.generate(
                torch.tensor(rows),
                attention_mask=torch.tensor(mask),
                return_dict_in_generate=True,
                output_scores=True,
                **search,
            )
        count = search.get("num_return_sequences", 1)
        scores = found.sequences_scores.tolist() if "num_beams" in search else None
        texts = [cut(row.tolist()[1:], eos) for row in found.sequences]
        cases.append(
            {
                "settings": search,
                "sources": sources,
                "texts": [texts[i * count : (i + 1) * count] for i in range(len(sources))],
                "scores": scores and [scores[i * count : (i + 1) * count] for i in range(len(sources))],
            }
        )
    return cases


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
                counts[token] = counts.get(token, 0) + (1 if 2 <= place else -1)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--t5-tokenizer", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, (config_class, settings) in FAMILIES.items():
        torch.manual_seed(SEED)
        folder = options.out / name
        shutil.rmtree(folder, ignore_errors=True)
        write(folder, config_class, settings)


if __name__ == "__main__":
    main()
