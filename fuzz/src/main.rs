//! One decoder under libFuzzer: which one, `HIMAL_DECODER` says. Its samples are the first of the corpus.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/common/decoders.rs"]
#[allow(dead_code, reason = "the list is used here, and the tests use the rest")]
mod decoders;

static CHOSEN: OnceLock<decoders::Decoder> = OnceLock::new();

fn choose() -> decoders::Decoder {
    let name = std::env::var("HIMAL_DECODER").unwrap_or_default();
    if name == "list" {
        for decoder in decoders::ALL {
            println!("{}", decoder.name);
        }
        std::process::exit(0);
    }
    let chosen = decoders::named(&name).unwrap_or_else(|| {
        eprintln!("HIMAL_DECODER={name}: no such decoder (list prints them)");
        std::process::exit(2);
    });
    if let Some(corpus) = std::env::var_os("HIMAL_CORPUS") {
        let corpus = std::path::PathBuf::from(corpus);
        std::fs::create_dir_all(&corpus).expect("the corpus folder can be made");
        for (i, sample) in (chosen.samples)().iter().enumerate() {
            std::fs::write(corpus.join(format!("sample-{i}")), sample).expect("a sample can be written");
        }
    }
    chosen
}

fuzz_target!(
    init: {
        CHOSEN.get_or_init(choose);
    },
    |bytes: &[u8]| {
        let _ = (CHOSEN.get_or_init(choose).feed)(bytes);
    }
);
