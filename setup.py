"""Packaging of nasrec_tf; exact versions are in requirements.lock."""

from pathlib import Path

from setuptools import find_packages, setup

CONFIG_PACKAGE = "nasrec_tf.configs"

setup(
    name="nasrec-tf",
    version="0.1.0",
    description="Searched click-through-rate models on TensorFlow, from click logs to a served and costed model",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10,<3.12",
    packages=[
        *find_packages(include=["nasrec_tf", "nasrec_tf.*", "pipelines", "pipelines.*", "serving", "serving.*"]),
        CONFIG_PACKAGE,
    ],
    package_dir={CONFIG_PACKAGE: "configs"},
    package_data={CONFIG_PACKAGE: ["*/*.yaml"], "nasrec_tf": ["py.typed"]},
    install_requires=[
        "absl-py>=1.4",
        "keras-tuner>=1.4.8",
        "numpy>=1.26,<3",
        "pydantic>=2.7",
        "pyyaml>=6",
        "scikit-learn>=1.3",
        "tabulate>=0.9",
        "tensorflow>=2.16,<2.17",
        "tensorflow-recommenders>=0.7.6",
        "tf-keras>=2.16,<2.17",
        "tqdm>=4.66",
    ],
    extras_require={
        "tfx": ["tfx[kfp]>=1.16,<1.17", "apache-beam>=2.56,<2.70"],
        "serving": ["grpcio>=1.60", "tensorflow-serving-api>=2.16,<2.17"],
        "dev": [
            "hypothesis",
            "import-linter",
            "mypy",
            "pytest",
            "pytest-xdist",
            "ruff",
            "types-protobuf",
            "types-pyyaml",
            "types-tqdm",
        ],
    },
    entry_points={"console_scripts": ["nasrec=nasrec_tf.command.main:main"]},
)
