"""Finding a name however it was written: letters without their marks, in Latin script, and by how they sound.

Folding is for looking up, never for showing: what a person calls themselves is kept as it was said. The tables follow what people
type on a British keyboard when they hear the name, not a scholarly transliteration.
"""

import re
import unicodedata
from typing import Final

APOSTROPHES: Final = "'’‘ʼ`´"
WORDS: Final = re.compile(r"\w+")
LETTERS: Final = str.maketrans(
    {
        "ł": "l",
        "đ": "d",
        "ø": "o",
        "ı": "i",
        "ß": "ss",
        "þ": "th",
        "ð": "d",
        "æ": "ae",
        "œ": "oe",
        "ħ": "h",
        "ŋ": "n",
        "ŧ": "t",
    }
)
"""Letters that Unicode does not take apart into a letter and a mark."""

_TABLE = """
а=a б=b в=v г=g ґ=g д=d е=e ё=yo ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch
ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya і=i ї=yi є=ye ў=u ј=j љ=lj њ=nj ћ=c ђ=dj џ=dz ѓ=g ќ=k ѕ=dz
ا=a ب=b ت=t ث=th ج=j ح=h خ=kh د=d ذ=dh ر=r ز=z س=s ش=sh ص=s ض=d ط=t ظ=z ع= غ=gh ف=f ق=q ك=k ل=l م=m ن=n ه=h
و=w ي=y ى=a ة=a أ=a إ=i آ=a ؤ=w ئ=y ء= پ=p چ=ch ژ=zh گ=g ک=k ی=y
"""
SCRIPTS: Final = str.maketrans(dict(pair.split("=") for pair in _TABLE.split()))
"""Cyrillic and Arabic letters in Latin ones."""
SOUNDS: Final = (
    ("shch", "s"), ("sch", "s"), ("sh", "s"), ("ch", "s"), ("zh", "s"), ("ts", "s"), ("kh", "h"), ("gh", "g"), ("th", "t"),
    ("dh", "d"), ("ph", "f"), ("ck", "k"),
)  # fmt: skip
"""Pairs of letters that are heard as one."""
ALIKE: Final = str.maketrans({"c": "k", "q": "k", "v": "f", "z": "s", "x": "s"})
SOUND_LENGTH_MIN: Final = 2
PLAIN_WORDS: Final = re.compile(r"[a-z]+")
SOFT_C: Final = re.compile(r"c(?=[eiy])")
MUTE_H: Final = re.compile(r"(?<=[aeiouwy])h(?![aeiouwy])")
TWICE: Final = re.compile(r"(.)\1+")
VOWELS: Final = "aeiou"
_BEGINNINGS = """
b=b c=ks d=d f=f g=gh h=h j=j k=kh l=l m=m n=n p=pf q=k r=r s=s t=ts v=f w=f x=s y=j z=s
"""
BEGINNINGS: Final = dict(pair.split("=") for pair in _BEGINNINGS.split())
"""What a word that begins with a letter is heard to begin with; a vowel is not heard, and says nothing of what is."""
NO_VOWELS: Final = str.maketrans("", "", "aeiouwy")


_SHORT = """
robert=rob,bob,bobby,robbie william=will,bill,billy,willy,liam richard=rick,dick,richie,ricky michael=mike,mick,mickey,micky
james=jim,jimmy,jamie john=jack,johnny,johnnie thomas=tom,tommy anthony=tony,ant andrew=andy,drew david=dave,davey,davy
daniel=dan,danny stephen=steve,ste,stevie,steven christopher=chris,kit matthew=matt,matty nicholas=nick,nicky joseph=joe,joey
edward=ed,eddie,ted,teddy,ned george=georgie patrick=pat,paddy peter=pete charles=charlie,chas,chaz kenneth=ken,kenny
raymond=ray ronald=ron,ronnie donald=don,donnie terence=terry gerald=gerry,jerry leonard=len,lenny lawrence=larry,laurie
samuel=sam,sammy benjamin=ben,benny alexander=alex,sandy,al,aleks alan=al frederick=fred,freddie gregory=greg philip=phil
timothy=tim,timmy simon=si vincent=vince,vinnie victor=vic jonathan=jon,jonny nathaniel=nat,nate zachary=zac,zack
elizabeth=liz,lizzie,beth,betty,eliza,lisa margaret=maggie,meg,peggy,madge catherine=kate,katie,cathy,kathy,kath,katherine
susan=sue,suzie susanne=sue patricia=pat,trish,patty jennifer=jen,jenny victoria=vicky,vicki,tori rebecca=becky,bex,becca
deborah=deb,debbie jacqueline=jackie samantha=sam,sammy alexandra=ali,sandy christine=chris,chrissie,tina sarah=sally
dorothy=dot,dottie pamela=pam sandra=sandy kimberley=kim stephanie=steph josephine=jo,josie joanne=jo theresa=terri,tess
abigail=abbie,gail amanda=mandy barbara=barb,babs valerie=val natalie=nat angela=angie anne=annie,nan helen=nell,nellie
aleksander=olek,alek katarzyna=kasia malgorzata=gosia,gosha agnieszka=aga krzysztof=krzys,krzysiek,kris tomasz=tomek
stanislaw=staszek,stas jan=janek,jasiu wojciech=wojtek,wojtas zbigniew=zbyszek,zbys grzegorz=grzesiek jerzy=jurek
andrzej=jedrek piotr=piotrek pawel=pawelek magdalena=magda joanna=asia barbara=basia zofia=zosia mateusz=mati
constantin=costel,costi gheorghe=gigi alexandru=alex,sandu ioan=ion,ionel nicolae=nicu mihail=misu vasile=vasi
mohammed=mo,moh,mohd,md abdullah=abdul,abdu ibrahim=ibra,ibro yusuf=yus hassan=has hussein=huss
oleksandr=sasha,sashko aleksandr=sasha,sanya dmitri=dima mikhail=misha,mischa sergei=seryozha,serhiy vladimir=vova,volodya
volodymyr=vova,volodya ivan=vanya nikolai=kolya mykola=kolya yevgeny=zhenya
"""
FULL_NAMES: Final = {
    short: full
    for full, shorts in (pair.split("=") for pair in reversed(_SHORT.split()))
    for short in shorts.split(",")
}
"""Short names and the name that each is mostly short for: of two the one that stands first."""


def full_name(word: str) -> str:
    """The name that a folded word is short for, else the word."""
    return FULL_NAMES.get(word, word)


def fold(text: str) -> str:
    """The text in small letters, without marks and apostrophes; a letter that is another one with a stroke is that one."""
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")  # the same, in a tenth of the time
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return "".join(c for c in bare.translate(LETTERS) if c not in APOSTROPHES)


def latin(text: str) -> str:
    """The folded text in Latin letters, where it is Cyrillic or Arabic."""
    if text.isascii():
        return fold(text)
    return unicodedata.normalize("NFC", fold(text)).translate(SCRIPTS)


def words_of(text: str) -> list[str]:
    """The words of a text, folded; letters and digits of any script."""
    return WORDS.findall(fold(text))


def index_words(text: str) -> str:
    """Everything a name may be looked up by, letter for letter: as written, folded, and in Latin letters."""
    return " ".join(dict.fromkeys((*text.split(), *words_of(text), *re.findall(r"\w+", latin(text)))))


def sounds(text: str) -> list[str]:
    """How the words of a text sound, each as its consonants: Mohammed, Muhamad and محمد are one. Short ones are left out."""
    keys = (_sound(word) for word in PLAIN_WORDS.findall(latin(text)))
    return [key for key in keys if len(key) >= SOUND_LENGTH_MIN]


def may_sound(word: str, heard: str) -> bool:
    """Could a plain word sound so, by its first letter? Most could not, and need not be listened to."""
    begins = BEGINNINGS.get(word[:1], "")
    return not begins or heard[0] in begins


def _sound(word: str) -> str:
    for letters, heard in SOUNDS:
        if letters in word:
            word = word.replace(letters, heard)
    word = SOFT_C.sub("s", word)
    word = ("v" + word[1:] if word[:1] == "w" else word).translate(ALIKE)
    word = MUTE_H.sub("", word)
    word = TWICE.sub(r"\1", word)
    first = "" if word[:1] in VOWELS else word[:1].replace("y", "j")
    return first + word[1:].translate(NO_VOWELS)
